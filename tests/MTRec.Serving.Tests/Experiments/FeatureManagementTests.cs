using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.FeatureManagement;
using Microsoft.FeatureManagement.FeatureFilters;

namespace MTRec.Serving.Tests.Experiments;

public sealed class FeatureManagementTests
{
    [Fact]
    public async Task Variants_are_dealt_as_its_percentile_allocation_deals_them()
    {
        var experiment = Configured.Read(Configured.TwoLayers()).Find("first")!;
        var settings = new Dictionary<string, string?>
        {
            ["feature_management:feature_flags:0:id"] = "first",
            ["feature_management:feature_flags:0:enabled"] = "true",
            ["feature_management:feature_flags:0:allocation:seed"] = experiment.ArmSalt,
        };
        foreach (var (variant, i) in experiment.Variants.Select((variant, i) => (variant, i)))
        {
            settings[Requests.Invariant($"feature_management:feature_flags:0:variants:{i}:name")] = variant.Name;
            settings[Requests.Invariant($"feature_management:feature_flags:0:allocation:percentile:{i}:variant")] = variant.Name;
            settings[Requests.Invariant($"feature_management:feature_flags:0:allocation:percentile:{i}:from")] = variant.Range.From.ToString(CultureInfo.InvariantCulture);
            settings[Requests.Invariant($"feature_management:feature_flags:0:allocation:percentile:{i}:to")] = variant.Range.To.ToString(CultureInfo.InvariantCulture);
        }

        using var definitions = new ConfigurationFeatureDefinitionProvider(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        var manager = new FeatureManager(definitions)
        {
            AssignerOptions = Options.Create(new TargetingEvaluationOptions()).Value,
        };

        for (var i = 0; i < 3000; i++)
        {
            var user = Requests.Invariant($"Üser {i}");
            var dealt = await manager.GetVariantAsync("first", new TargetingContext { UserId = user }, CancellationToken.None);
            Assert.Equal(dealt.Name, experiment.Assign(user).Variant.Name);
        }
    }
}
