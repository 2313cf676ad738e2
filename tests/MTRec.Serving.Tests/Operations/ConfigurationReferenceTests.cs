using System.Globalization;
using System.Text.RegularExpressions;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Operations;

public sealed partial class ConfigurationReferenceTests
{
    /// <summary>MTREC_ACCEPT=1 writes it anew.</summary>
    [Fact]
    public async Task The_page_is_the_one_in_the_repository()
    {
        var path = Path.Combine(SharedData.RepositoryRoot, "deploy", "CONFIGURATION.md");
        var page = ConfigurationReference.Page();
        if (Environment.GetEnvironmentVariable("MTREC_ACCEPT") == "1")
            await File.WriteAllTextAsync(path, page);

        Assert.Equal(await File.ReadAllTextAsync(path), page);
    }

    [Fact]
    public void Every_section_is_read_at_the_start()
    {
        var sections = ConfigurationReference.Sections.Select(section => $"--{section.Section}:NoSuchKey=1").ToArray();

        var refused = Assert.Throws<Microsoft.Extensions.Options.OptionsValidationException>(() => ServingApp.Build(sections));

        Assert.All(ConfigurationReference.Sections, section => Assert.Contains(refused.Failures, failure => failure.StartsWith(section.Section, StringComparison.Ordinal)));
    }

    /// <summary>A comment that names another default than the code, or no range, misleads.</summary>
    [Fact]
    public void Comments_say_the_default_that_holds_and_the_range_of_numbers()
    {
        var faults = new List<string>();
        foreach (var key in ConfigurationReference.Sections.SelectMany(section => ConfigurationReference.KeysOf(section.Section, section.Options)))
        {
            if (key.Default is not null && !SaysDefault(key))
                faults.Add($"{key.Name} does not say that {key.Default} is its default.");
            if (key.Type is "whole number" or "number" or "duration" && !Range().IsMatch(key.Text))
                faults.Add($"{key.Name} says no range.");
        }

        Assert.Empty(faults);
    }

    private static bool SaysDefault(ConfigurationKey key)
    {
        var said = Default().Match(key.Text).Groups[1].Value;
        return key.Value switch
        {
            _ when key.Text.Contains("Needed", StringComparison.Ordinal) => true,
            TimeSpan time => DurationOf(said) == time,
            bool truth => said.StartsWith(truth ? "true" : "false", StringComparison.Ordinal),
            int or long or double => double.TryParse(Number().Match(said).Value.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out var number)
                && number == Convert.ToDouble(key.Value, CultureInfo.InvariantCulture),
            string text => text.Length == 0 || said.Contains(text, StringComparison.Ordinal),
            Enum => said.StartsWith(key.Default!, StringComparison.Ordinal),
            _ => true,
        };
    }

    private static TimeSpan? DurationOf(string text)
    {
        var match = Duration().Match(text);
        return !match.Success ? null : double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * match.Groups[2].Value switch
        {
            "millisecond" => TimeSpan.FromMilliseconds(1),
            "second" => TimeSpan.FromSeconds(1),
            "minute" => TimeSpan.FromMinutes(1),
            "hour" => TimeSpan.FromHours(1),
            _ => TimeSpan.FromDays(1),
        };
    }

    [GeneratedRegex(@"Default:? (.*)$")]
    private static partial Regex Default();

    [GeneratedRegex(@"^-?[\d,]*\d(\.\d+)?")]
    private static partial Regex Number();

    [GeneratedRegex(@"^(\d+(?:\.\d+)?) (millisecond|second|minute|hour|day)s?")]
    private static partial Regex Duration();

    [GeneratedRegex(@"\d[^.]* to |\bup to \d|\bfrom \d.* on\b|\bbetween \d|\bIn [([]|finite|at least \d|above \d")]
    private static partial Regex Range();
}
