using System.ComponentModel;
using System.Reflection;

namespace MTRec.Serving.Operations;

/// <summary>
/// Fills options from the configuration and notes every fault, not only the first: a value of the wrong type, and a key that no option has, which is a
/// typing error.
/// </summary>
/// <param name="faults">Receives them, each starting with its key.</param>
internal sealed class OptionsReader(List<string> faults)
{
    /// <summary>Fills <paramref name="options"/>; what the section does not hold stays.</summary>
    public void Fill(object options, IConfigurationSection section)
    {
        foreach (var entry in section.GetChildren())
        {
            var property = options.GetType().GetProperty(entry.Key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase);
            if (property is null)
                faults.Add($"{entry.Path} is not a key of the configuration.");
            else if (Read(entry, property.PropertyType, property.GetValue(options)) is { } value && property.CanWrite)
                property.SetValue(options, value);
        }
    }

    // The value, or null where there is none or it has a fault.
    private object? Read(IConfigurationSection entry, Type type, object? current)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        if (TypeDescriptor.GetConverter(plain).CanConvertFrom(typeof(string)))
            return ReadValue(entry, plain);
        if (plain.IsArray)
            return ReadArray(entry, plain.GetElementType()!);
        if (plain.IsGenericType && plain.GetGenericTypeDefinition() == typeof(Dictionary<,>))
            return ReadDictionary(entry, plain, current);

        var options = current ?? Activator.CreateInstance(plain)!;
        if (entry.Value is { Length: > 0 } value)
            faults.Add($"{entry.Path} has keys of its own, it cannot be '{value}'.");
        Fill(options, entry);
        return options;
    }

    private object? ReadValue(IConfigurationSection entry, Type type)
    {
        if (entry.Value is not { } text)
        {
            if (entry.GetChildren().Any())
                faults.Add($"{entry.Path} must be a single value.");
            return null;
        }

        try
        {
            return TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or NotSupportedException || e.InnerException is FormatException or OverflowException)
        {
            var expected = type.IsEnum ? string.Join(", ", Enum.GetNames(type)) : type.Name;
            faults.Add($"{entry.Path} cannot be '{text}': expected is {expected}.");
            return null;
        }
    }

    private Array ReadArray(IConfigurationSection entry, Type type)
    {
        if (entry.Value is { Length: > 0 } value)
            faults.Add($"{entry.Path} must be an array, not '{value}'.");
        var elements = entry.GetChildren().Select(element => Read(element, type, null)).OfType<object>().ToArray();
        var array = Array.CreateInstance(type, elements.Length);
        elements.CopyTo(array, 0);
        return array;
    }

    private object ReadDictionary(IConfigurationSection entry, Type type, object? current)
    {
        var dictionary = (System.Collections.IDictionary)(current ?? Activator.CreateInstance(type)!);
        if (entry.Value is { Length: > 0 } value)
            faults.Add($"{entry.Path} has keys of its own, it cannot be '{value}'.");
        foreach (var element in entry.GetChildren())
        {
            if (Read(element, type.GenericTypeArguments[1], null) is { } read)
                dictionary[element.Key] = read;
        }

        return dictionary;
    }
}
