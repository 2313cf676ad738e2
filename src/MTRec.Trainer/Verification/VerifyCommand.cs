using System.CommandLine;
using System.Globalization;
using MTRec.Core.Bundles;
using MTRec.Inference;
using MTRec.Trainer.CommandLine;
using Spectre.Console;

namespace MTRec.Trainer.Verification;

/// <summary><c>mtrec verify DIR</c>: checks a bundle as the service does before it serves it.</summary>
internal static class VerifyCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var directory = new Argument<string>("DIR") { Description = "The bundle's folder: manifest.json and the files that it lists." };
        var command = new DocumentedCommand("verify", "Checks a bundle: manifest, hashes, graphs, item table and a probe run; 1 where the service would refuse it.")
        {
            Examples = ["mtrec verify deploy/registry/default/1"],
        };
        command.Add(directory);
        command.SetAction(result => Verify(result.GetRequiredValue(directory)));
        return command;
    }

    private static int Verify(string directory)
    {
        // A refusal arrives as an exception with every reason.
        using var bundle = Bundle.Load(directory);
        Print(bundle);
        return ExitCodes.Done;
    }

    private static void Print(Bundle bundle)
    {
        var manifest = bundle.Manifest;
        var facts = new Table().NoBorder().HideHeaders().AddColumns("", "");
        Fact("bundle", $"{manifest.Name}/{manifest.Version}, made {manifest.Created:u}");
        Fact("data", manifest.Provenance.Data);
        Fact("made by", $"{manifest.Provenance.Command} (version {manifest.Provenance.CodeVersion}, seed {manifest.Provenance.Seed})");
        Fact("tasks", string.Join(", ", manifest.Tasks.Select(task => task.Name)));
        foreach (var kind in manifest.Features.GroupBy(feature => feature.Kind))
            Fact($"{kind.Key} features".ToLowerInvariant(), string.Join(", ", kind.Select(feature => feature.Name)));
        Fact("history", $"{manifest.History.Length} impressions with {string.Join(", ", manifest.History.Actions)}");
        Fact("fusion", $"{manifest.Fusion.Formula} by {manifest.Fusion.Algorithm}");
        Fact("mental reward", manifest.MentalReward is { } reward
            ? $"{reward.Algorithm}, {reward.Quantiles} quantiles, discount {reward.Discount}, positive: {string.Join(" or ", reward.Positive)}"
            : "none");
        Fact("items", $"{bundle.Items.Ids.Count}");
        Terminal.Results.Write(facts);

        var checks = new Table().AddColumns("file", "SHA-256", "inputs", "outputs");
        foreach (var (name, file) in manifest.Files.OrderBy(file => file.Key, StringComparer.Ordinal))
            checks.AddRow(Markup.Escape(name), file.Sha256[..12], Shapes(file.Inputs), Shapes(file.Outputs));
        Terminal.Results.Write(checks);

        if (manifest.Provenance.Metrics.Count > 0)
            Terminal.Results.Write(FigureTable.Of(manifest.Provenance.Metrics));
        Terminal.Results.WriteLine("The manifest agrees with itself, every file has its hash, every graph its shapes, and the probe ran: the bundle may serve.");

        void Fact(string name, string value) => facts.AddRow(Markup.Escape(name), Markup.Escape(value));
    }

    private static string Shapes(IEnumerable<TensorShape> tensors) => Markup.Escape(string.Join(
        ", ",
        tensors.Select(tensor => $"{tensor.Name} [{string.Join(", ", tensor.Shape.Select(size => size == GraphContract.Candidates ? "N" : size.ToString(CultureInfo.InvariantCulture)))}]")));
}
