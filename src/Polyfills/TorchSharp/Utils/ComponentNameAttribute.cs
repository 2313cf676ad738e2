namespace TorchSharp.Utils;

/// <summary>Names a module's field for its parameter, buffer or submodule, where the field's own name will not do.</summary>
[AttributeUsage(AttributeTargets.Field)]
public class ComponentNameAttribute : Attribute
{
    public string? Name { get; set; }
}
