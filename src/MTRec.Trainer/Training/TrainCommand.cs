using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MTRec.Core.Fusion;
using MTRec.Learning.Pipelines;
using MTRec.Trainer.CommandLine;

namespace MTRec.Trainer.Training;

/// <summary><c>mtrec train</c>: makes a bundle of a log.</summary>
internal static class TrainCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var algorithm = new Option<string>("--algorithm") { Description = "What to train, see below.", DefaultValueFactory = _ => WholeBundles.Standard };
        algorithm.AcceptOnlyFromAmong([.. WholeBundles.All.Keys, .. FusionBundle.Algorithms]);
        var basis = new Option<DirectoryInfo>("--base")
        {
            Description = "Bundle whose task scores, mental reward and items a learned fusion policy takes over; trained too where left out. For those algorithms only.",
            HelpName = "DIR",
        };
        var data = new Option<DirectoryInfo>("--data")
        {
            Description = "Folder with log_train and log_dev, and where there are some log_test, user_features_pure, video_features_basic_pure, history; each .csv or .csv.gz.",
            Required = true,
            HelpName = "DIR",
        };
        var registry = new Option<string>("--out") { Description = "The registry; the bundle becomes DIR/NAME/VERSION.", Required = true, HelpName = "DIR" };
        var name = new Option<string>("--name") { Description = "The bundle's name.", DefaultValueFactory = _ => "default" };
        var version = new Option<string>("--version") { Description = "The bundle's version; a published version never changes.", DefaultValueFactory = _ => "1" };
        var created = new Option<DateTimeOffset?>("--created")
        {
            Description = "When the bundle was made, for its manifest; now where left out.",
            HelpName = "TIME",
            CustomParser = ParseTime,
        };
        var seed = OptionKinds.Whole("--seed", "Seed of all randomness.", 1, 0, int.MaxValue);
        var threads = OptionKinds.Whole("--threads", "Threads of a machine; the same number gives the same bundle. The parts of a batch share them, whether ranks take them at once or one process in turn.", 2, 1, 256);
        var formula = new Option<FusionFormula?>("--formula") { Description = "The fusion formula; the better one on log_dev, or the learner's own, where left out." };
        formula.AcceptOnlyFromAmong([.. Fuser.OfScores.Select(name => name.ToString())]);
        var batch = new Option<int?>("--batch")
        {
            Description = "Examples of a step, of all ranks together; each algorithm's own number where left out. Not of the reward's head, nor of simulators.",
            HelpName = "N",
        };
        batch.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && value < 1)
                result.AddError($"--batch must be 1 or more, not {value}.");
        });
        var parts = OptionKinds.OptionalWhole(
            "--parts",
            "Parts that every batch is taken in, one after the other or one a rank, the gradients added up; 2, or one a rank of more, where left out. "
            + "The same number gives the same losses in any number of ranks.",
            1,
            1024);
        var losses = new Option<string>("--losses")
        {
            Description = "Writes every step's loss over the whole batch as a line of JSON: {\"name\":\"task scores\",\"step\":1,\"value\":2.57,\"seconds\":14.2}. Not of simulators.",
            HelpName = "FILE",
        };
        var quick = new Option<bool>("--quick") { Description = "One pass over a twentieth of the users: to see that it runs, not to serve." };
        var command = new DocumentedCommand("train", "Trains a bundle from a log: task scores, mental reward, fusion weights.")
        {
            Examples =
            [
                "mtrec train --data kuairand-pure --out deploy/registry --version 2",
                "mtrec train --data kuairand-pure --out /tmp/registry --quick",
                "mtrec train --algorithm ple --data kuairand-pure --out deploy/registry --version 3",
                "mpirun -n 2 mtrec train --data kuairand-pure --out deploy/registry --version 5",
                "mtrec train --algorithm enhanced-rl --data kuairand-pure --base deploy/registry/default/1 --out deploy/registry --version 4",
            ],
            Remarks = $"""
                Algorithms that train a whole bundle:
                  fixed           MMoE for the task scores, QR-IQL for the mental reward, fixed weights for the fusion
                  qr-iql          the same, as it has QR-IQL
                  iq-learn        plain IQ-Learn in its place
                  mmoe, ple, mfh  this model for the task scores
                Every other part is that of fixed.
                Algorithms that learn a fusion policy with simulated users (fitted on the log; graded on users that the policy never met)
                and publish it with the other parts of --base, or of a bundle trained for it first:
                  {string.Join(", ", FusionBundle.Algorithms)}

                Stages: the upstream model for the task scores and a logistic regression to compare it with; the mental reward; the regression
                that predicts it before the response; fixed weights for the three fusion formulas. log_dev decides when to stop and between
                formulas, log_test is for figures only. The same data, options, seed and number of threads on the same machine give the same
                graphs. Ctrl-C leaves nothing behind.

                Started by Open MPI's mpirun, the processes train one bundle together: each takes its part of every batch and the gradients are summed.
                The losses are those of one process of as many --parts; of two ranks to the bit. {string.Join(", ", FusionLearning.Searches)} have no gradients and refuse.
                """,
        };
        command.AddAll(algorithm, data, basis, registry, name, version, created, seed, threads, formula, batch, parts, losses, quick);
        data.AcceptExistingOnly();
        basis.AcceptExistingOnly();
        command.Validators.Add(result =>
        {
            if (!FusionBundle.Algorithms.Contains(result.GetValue(algorithm)!) && result.GetResult(basis) is not null)
                result.AddError($"{result.GetValue(algorithm)} trains a whole bundle: --base is for {string.Join(", ", FusionBundle.Algorithms)}.");
        });
        command.SetWork((result, cancellation) => Ranks.RunAsync(
            result.GetValue(losses),
            result.GetValue(parts),
            (world, token) =>
            {
                var run = new TrainRun(world, result.GetRequiredValue(algorithm), result.GetValue(basis)?.FullName, result.GetValue(batch), result.GetValue(parts), result.GetValue(quick), token);
                return run.RunAsync(new DefaultBundleOptions
                {
                    Data = result.GetRequiredValue(data).FullName,
                    Registry = result.GetRequiredValue(registry),
                    Name = result.GetValue(name)!,
                    Version = result.GetValue(version)!,
                    Created = result.GetValue(created) ?? DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds()),
                    Seed = result.GetValue(seed),
                    Threads = result.GetValue(threads),
                    Formula = result.GetValue(formula),
                });
            },
            cancellation));
        return command;
    }

    private static DateTimeOffset? ParseTime(ArgumentResult argument)
    {
        if (DateTimeOffset.TryParse(argument.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
            return time;
        argument.AddError($"--created must be a time such as 2026-01-31T20:15:00Z, not {argument.Tokens[0].Value}.");
        return null;
    }
}
