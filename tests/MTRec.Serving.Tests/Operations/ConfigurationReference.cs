using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using MTRec.Serving.Operations;

namespace MTRec.Serving.Tests.Operations;

/// <summary>The keys of the configuration as the options' types and their comments have them.</summary>
internal static partial class ConfigurationReference
{
    private static readonly Assembly Service = typeof(ICheckedOptions).Assembly;
    private static readonly XDocument Comments = XDocument.Load(Path.ChangeExtension(Service.Location, ".xml"));

    /// <summary>Every section with its options, by name.</summary>
    public static IReadOnlyList<(string Section, Type Options)> Sections { get; } =
    [
        .. Service.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(ICheckedOptions)))
            .Select(type => ((string)type.GetField("Section", BindingFlags.Public | BindingFlags.Static)!.GetRawConstantValue()!, type)).OrderBy(section => section.Item1, StringComparer.Ordinal),
    ];

    /// <summary>Every key of a section.</summary>
    public static IReadOnlyList<ConfigurationKey> KeysOf(string section, Type options) => [.. Keys(section, options, Activator.CreateInstance(options)!)];

    /// <summary>The page, in Markdown.</summary>
    public static string Page()
    {
        var page = new StringBuilder();
        page.Append(
            """
            # Configuration

            Every key of the service, from the comments of its options; a test keeps this page up to date. Keys come from `appsettings.json` beside the binaries, from
            the environment (`Blending__Weight=0.5`) and from arguments (`--Blending:Weight=0.5`), the later over the earlier. A key that is not listed, and a value out of
            its range, stops the start with its name; where a section is read again while the service runs, the old values stay. Durations are written `hh:mm:ss.fff`
            or `d.hh:mm:ss`. `N` stands for a place in a list from 0, `NAME` for a name of your choice.

            `Serilog`, `Kestrel` and `Urls` are those of [Serilog](https://github.com/serilog/serilog-settings-configuration) and
            [ASP.NET Core](https://learn.microsoft.com/aspnet/core/fundamentals/servers/kestrel/options).

            """);
        foreach (var (section, options) in Sections)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {section}\n\n{Clean(SummaryOf("T:" + options.FullName))}\n\n| key | type | default | |\n|---|---|---|---|\n");
            foreach (var key in KeysOf(section, options))
                page.Append(CultureInfo.InvariantCulture, $"| `{key.Name}` | {Cell(key.Type)} | {(key.Default is null ? "" : $"`{key.Default}`")} | {Cell(key.Text)} |\n");
        }

        return page.ToString();
    }

    private static IEnumerable<ConfigurationKey> Keys(string path, Type options, object? instance)
    {
        foreach (var property in options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).OrderBy(property => property.MetadataToken))
        {
            var name = $"{path}:{property.Name}";
            var text = Clean(SummaryOf($"P:{options.FullName!.Replace('+', '.')}.{property.Name}"));
            var value = instance is null ? null : property.GetValue(instance);
            var (element, place) = ElementOf(property.PropertyType);
            if (IsNested(element))
            {
                yield return new ConfigurationKey(name, place == ":N" ? "list" : "keys", null, text, null);
                foreach (var key in Keys(name + place, element, Activator.CreateInstance(element)))
                    yield return key;
            }
            else
            {
                yield return new ConfigurationKey(name + place, TypeOf(element), DefaultOf(value), text, value);
            }
        }
    }

    // What a list or a dictionary holds, and how its places are called.
    private static (Type Element, string Place) ElementOf(Type type)
    {
        if (type == typeof(string))
            return (type, "");
        if (type.IsArray)
            return (type.GetElementType()!, ":N");
        if (type.IsGenericType && type.IsAssignableTo(typeof(IDictionary)))
            return (type.GenericTypeArguments[1], ":NAME");
        return type.IsGenericType && type.IsAssignableTo(typeof(IList)) ? (type.GenericTypeArguments[0], ":N") : (Nullable.GetUnderlyingType(type) ?? type, "");
    }

    private static bool IsNested(Type type) => type.Assembly == Service && type.IsClass;

    private static string TypeOf(Type type) => type switch
    {
        { IsEnum: true } => string.Join(", ", Enum.GetNames(type).Select(name => $"`{name}`")),
        _ when type == typeof(bool) => "true, false",
        _ when type == typeof(int) || type == typeof(long) => "whole number",
        _ when type == typeof(double) || type == typeof(float) => "number",
        _ when type == typeof(TimeSpan) => "duration",
        _ when type == typeof(DateTimeOffset) => "moment",
        _ when type == typeof(Uri) => "address",
        _ => "text",
    };

    private static string? DefaultOf(object? value) => value switch
    {
        null or "" or IEnumerable and not string => null,
        bool truth => truth ? "true" : "false",
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    private static XElement SummaryOf(string member) =>
        Comments.Descendants("member").FirstOrDefault(element => (string?)element.Attribute("name") == member)?.Element("summary")
            ?? throw new InvalidOperationException($"{member} has no comment.");

    // References become names; the section's name in a type's comment is the heading.
    private static string Clean(XElement summary)
    {
        var text = string.Concat(summary.Nodes().Select(node => node switch
        {
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement { Name.LocalName: "see" or "paramref" } see => $"`{((string?)see.Attribute("cref") ?? (string?)see.Attribute("langword") ?? see.Value).Split('.')[^1]}`",
            XElement other => other.Value,
            _ => node.ToString(),
        }));
        return Spaces().Replace(System.Net.WebUtility.HtmlDecode(text), " ").Trim();
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}

/// <summary>One key.</summary>
internal sealed record ConfigurationKey(string Name, string Type, string? Default, string Text, object? Value);
