using System.Globalization;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using MTRec.Serving.Experiments;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Experiments;

public sealed class AssignmentTests
{
    private const int Many = 200_000;

    private static IEnumerable<string> Users => Enumerable.Range(0, Many).Select(i => string.Create(CultureInfo.InvariantCulture, $"u-{i}"));

    [Fact]
    public void Traffic_and_variants_have_their_percentages()
    {
        var set = Configured.Read(Configured.TwoLayers());
        var counts = new Dictionary<string, int>();
        foreach (var (experiment, variant) in Users.SelectMany(set.VariantsOf))
            counts[$"{experiment}/{variant}"] = counts.GetValueOrDefault($"{experiment}/{variant}") + 1;

        foreach (var (cell, share) in new[]
        {
            ("first/control", .05), ("first/treated", .03), ("first/other", .02), ("second/control", .25), ("second/treated", .25),
            ("third/control", .5), ("third/treated", .5),
        })
        {
            Assert.InRange((counts[cell] - (Many * share)) / Math.Sqrt(Many * share * (1 - share)), -4, 4);
        }
    }

    [Fact]
    public void Experiments_of_one_layer_exclude_each_other_and_layers_are_independent()
    {
        var set = Configured.Read(Configured.TwoLayers());
        var table = new double[2, 2];
        foreach (var variants in Users.Select(set.VariantsOf))
        {
            Assert.False(variants.ContainsKey("first") && variants.ContainsKey("second"));
            if (variants.TryGetValue("second", out var second))
                table[second == "treated" ? 1 : 0, variants["third"] == "treated" ? 1 : 0]++;
        }

        var total = table.Cast<double>().Sum();
        var chiSquare = 0.0;
        for (var i = 0; i < 2; i++)
        {
            for (var j = 0; j < 2; j++)
            {
                var expected = (table[i, 0] + table[i, 1]) * (table[0, j] + table[1, j]) / total;
                chiSquare += (table[i, j] - expected) * (table[i, j] - expected) / expected;
            }
        }

        Assert.InRange(chiSquare, 0, 15.1);
    }

    [Fact]
    public void Raising_the_traffic_moves_nobody_who_is_in_and_changes_nobodys_variant()
    {
        var section = Configured.TwoLayers();
        var before = Configured.Read(section);
        section.Experiment("fusion", "first")["Traffic"] = 20;
        var after = Configured.Read(section);

        var (was, joined) = (0, 0);
        foreach (var user in Users)
        {
            var (old, now) = (before.VariantsOf(user), after.VariantsOf(user));
            if (old.TryGetValue("first", out var variant))
            {
                Assert.Equal(variant, now["first"]);
                was++;
            }
            else if (now.ContainsKey("first"))
            {
                joined++;
            }

            Assert.Equal(old.GetValueOrDefault("second"), now.GetValueOrDefault("second"));
            Assert.Equal(old["third"], now["third"]);
        }

        Assert.InRange(was / (double)joined, .96, 1.04);
    }

    [Fact]
    public void The_gate_says_nothing_of_the_variant()
    {
        // Whoever joins with the second ten per cent is split as those before were.
        var section = Configured.TwoLayers();
        var before = Configured.Read(section);
        section.Experiment("fusion", "first")["Traffic"] = 20;
        var after = Configured.Read(section);
        var joined = Users.Where(user => !before.VariantsOf(user).ContainsKey("first")).Select(after.VariantsOf).Where(variants => variants.ContainsKey("first")).ToArray();

        var control = joined.Count(variants => variants["first"] == "control");

        Assert.InRange((control - (joined.Length * .5)) / Math.Sqrt(joined.Length * .25), -4, 4);
    }

    [Fact]
    public void The_order_of_the_configuration_moves_nobody()
    {
        var section = Configured.TwoLayers();
        var set = Configured.Read(section);
        var reversed = Configured.Read(Configured.Reversed(section)!.AsObject());

        Prop.ForAll<NonEmptyString>(user => set.VariantsOf(user.Get).OrderBy(pair => pair.Key).SequenceEqual(reversed.VariantsOf(user.Get).OrderBy(pair => pair.Key)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void A_new_salt_of_an_experiment_deals_anew_and_leaves_the_gate()
    {
        var section = Configured.TwoLayers();
        var before = Configured.Read(section);
        section.Experiment("fusion", "first")["Salt"] = "another";
        var after = Configured.Read(section);
        var pairs = Users.Take(100_000).Select(user => (Old: before.VariantsOf(user).GetValueOrDefault("first"), New: after.VariantsOf(user).GetValueOrDefault("first"))).ToArray();

        Assert.All(pairs, pair => Assert.Equal(pair.Old is null, pair.New is null));
        var stayed = pairs.Count(pair => pair.Old is not null && pair.Old == pair.New) / (double)pairs.Count(pair => pair.Old is not null);
        Assert.InRange(stayed, .36, .40);
    }

    [Fact]
    public void A_named_user_has_the_variant_whatever_the_gate_says()
    {
        var section = Configured.TwoLayers();
        Assert.False(Configured.Read(section).VariantsOf("named").ContainsKey("second"));
        section.Experiment("fusion", "first")["Traffic"] = 0;
        var set = Configured.Read(section);

        var plan = set.Plan("named", []);

        Assert.Equal("treated", set.VariantsOf("named")["first"]);
        Assert.Equal("override", plan.Variants.Single(variant => variant.Experiment == "first").Because);
    }

    [Fact]
    public void A_switch_takes_its_users_out_and_moves_no_others()
    {
        var section = Configured.TwoLayers();
        var before = Configured.Read(section);
        section.Experiment("fusion", "first")["Enabled"] = false;
        var after = Configured.Read(section);

        foreach (var user in Users.Take(20_000).Append("named"))
        {
            Assert.False(after.VariantsOf(user).ContainsKey("first"));
            if (user != "named")
                Assert.Equal(before.VariantsOf(user).GetValueOrDefault("second"), after.VariantsOf(user).GetValueOrDefault("second"));
        }

        section["Enabled"] = false;
        Assert.All(Users.Take(1000), user => Assert.Empty(Configured.Read(section).VariantsOf(user)));
    }

    [Fact]
    public void Every_fault_of_a_configuration_is_reported()
    {
        var section = Configured.TwoLayers();
        var first = section.Experiment("fusion", "first");
        first["To"] = 60;
        first["Traffic"] = "much";
        first["Control"] = "nobody";
        first["Variants"]!["control"]!["Percentage"] = 49;
        first["Variants"]!["treated"]!["Fusion"] = new JsonObject { ["Weights"] = new JsonObject { ["click"] = 0 }, ["Deviation"] = -1 };
        first["Variants"]!["treated"]!["Exploration"] = new JsonObject { ["Kind"] = "Wild", ["Share"] = 2 };
        first["Variants"]!["other"]!["Blending"] = new JsonObject { ["Weight"] = -1, ["Wieght"] = 1 };
        var second = section.Experiment("fusion", "second");
        second["Salt"] = "first-salt";
        second["Variants"]!["treated"]![nameof(VariantOptions.Users)] = new JsonArray("named", "");

        Configured.Read(section, out var faults);

        foreach (var expected in new[]
        {
            "first:Traffic cannot be 'much'", "first:Control must", "first:Variants must have 100 % together, not 99", "Fusion:Weights must", "Fusion:Deviation must",
            "Exploration:Kind cannot be 'Wild'", "Exploration:Share must", "Exploration must not stand beside Fusion", "Blending:Weight must",
            "Blending:Wieght is not a key", "second:From must be at least 60", "first:Salt and Layers:fusion:Experiments:second:Salt must differ", "names the user 'named' 2 times",
            "Users holds an id that must not be empty", "Blending:Weight is changed in fusion and reward",
        })
        {
            Assert.True(faults.Count(fault => fault.Contains(expected, StringComparison.Ordinal)) == 1, $"'{expected}' is not among\n{string.Join('\n', faults)}");
        }

        Assert.Equal(15, faults.Count);
    }

    [Fact]
    public void The_configuration_in_the_README_has_no_fault()
    {
        var readme = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "README.md"));
        var block = readme[readme.IndexOf("## Experiments", StringComparison.Ordinal)..].Split("```json")[1].Split("```")[0];

        var set = Configured.Read(JsonNode.Parse(block)!["Experiments"]!.AsObject());

        string[] names = [.. set.Layers.SelectMany(layer => layer.Experiments).Select(experiment => experiment.Name)];
        Assert.Equal(["explore", "new-bundle", "fixed-weights", "cautious-reward"], names);
        Assert.Equal(["2"], set.Bundles);
        Assert.Equal("treated", set.VariantsOf("tester-1")["new-bundle"]);
    }
}
