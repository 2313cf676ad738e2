using System.CommandLine;
using System.Globalization;

namespace MTRec.Trainer.CommandLine;

/// <summary>Options with a range: what lies outside is wrong usage. What is no number at all the parser refuses itself.</summary>
internal static class OptionKinds
{
    /// <summary>A whole number.</summary>
    public static Option<int> Whole(string name, string description, int standard, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => standard, HelpName = "N" };
        CheckRange(option, least, most);
        return option;
    }

    /// <summary>A whole number; null where it is left out.</summary>
    public static Option<int?> OptionalWhole(string name, string description, int least, int most)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = "N" };
        CheckRange(option, least, most);
        return option;
    }

    /// <summary>A number.</summary>
    public static Option<double> Real(string name, string description, double standard, double least, double most)
    {
        var option = new Option<double>(name) { Description = description, DefaultValueFactory = _ => standard, HelpName = "X" };
        option.Validators.Add(result =>
        {
            // NaN is in no range.
            if (result.Tokens is [var token] && double.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && !(value >= least && value <= most))
                result.AddError($"{name} must be in [{least}, {most}], not {value}.");
        });
        return option;
    }

    /// <summary>An address; null where it is left out.</summary>
    public static Option<Uri?> Address(string name, string description, params string[] schemes) => new(name)
    {
        Description = description,
        HelpName = "URL",
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var address) && schemes.Contains(address.Scheme))
                return address;
            result.AddError($"{name} must be an address that begins with {string.Join(" or ", schemes)}, not {result.Tokens[0].Value}.");
            return null;
        },
    };

    private static void CheckRange(Option option, int least, int most) => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token] && int.TryParse(token.Value, CultureInfo.InvariantCulture, out var value) && (value < least || value > most))
            result.AddError($"{option.Name} must be in [{least}, {most}], not {value}.");
    });
}
