using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        // Conversion of parameters and buffers to another element type or device.
        public partial class Module
        {
            /// <exception cref="ArgumentException">The type is not a floating point or complex one.</exception>
            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking)
            {
                RequireFloatingPoint(dtype);
                Convert(dtype, device, child => child._to(device, dtype, non_blocking));
                return this;
            }

            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
            {
                Convert(null, new Device(deviceType, deviceIndex), child => child._to(deviceType, deviceIndex, non_blocking));
                return this;
            }

            /// <exception cref="ArgumentException">The type is not a floating point or complex one.</exception>
            protected internal virtual Module _to(ScalarType dtype, bool non_blocking)
            {
                RequireFloatingPoint(dtype);
                Convert(dtype, null, child => child._to(dtype, non_blocking));
                return this;
            }

            /// <summary>Converts a freshly built module to the type and device asked for, else to the defaults.</summary>
            internal T MoveModule<T>(Device? device, ScalarType? dtype)
                where T : Module => (T)_to(device ?? get_default_device(), dtype ?? get_default_dtype(), false);

            private void Convert(ScalarType? dtype, Device? device, Action<Module> convertChild)
            {
                foreach (Module child in children()) convertChild(child);
                foreach ((string name, Parameter parameter) in named_parameters(false).ToList())
                {
                    if (Converted(parameter, dtype, device) is { } replacement) ReplaceParameter(name, parameter, replacement);
                }
                foreach ((string name, Tensor buffer) in named_buffers(false).ToList())
                {
                    if (Converted(buffer, dtype, device) is { } replacement) ReplaceBuffer(name, buffer, replacement);
                }
            }

            private protected virtual void ReplaceParameter(string name, Parameter old, Parameter replacement)
            {
                if (SetProperty(name, replacement)) return;
                old.Dispose();
                ConditionallyRegisterParameter(name, replacement);
                SetField(name, replacement);
            }

            private void ReplaceBuffer(string name, Tensor old, Tensor replacement)
            {
                if (SetProperty(name, replacement)) return;
                old.Dispose();
                ConditionallyRegisterBuffer(name, replacement);
                SetField(name, replacement);
            }

            private bool SetProperty(string name, Tensor value)
            {
                PropertyInfo? property = GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
                    .FirstOrDefault(p => p.Name == name && p.GetIndexParameters().Length == 0 && p.CanWrite);
                property?.SetValue(this, value);
                return property is not null;
            }

            private void SetField(string name, Tensor value) =>
                FieldsOf(GetType()).FirstOrDefault(field => field.ComponentName() == name)?.SetValue(this, value);

            /// <summary>A converted copy with its gradient, outside any dispose scope, or null where nothing changes.</summary>
            private protected static Parameter? Converted(Parameter parameter, ScalarType? dtype, Device? device)
            {
                using Tensor? grad = parameter.grad;
                using (no_grad())
                {
                    if (Converted((Tensor)parameter, dtype, device) is not { } data) return null;
                    Parameter replacement = new(data, parameter.requires_grad);
                    if (grad is null) return replacement;
                    using Tensor newGrad = grad.to(replacement.dtype).to(replacement.device);
                    replacement.grad = newGrad;
                    return replacement;
                }
            }

            private static Tensor? Converted(Tensor tensor, ScalarType? dtype, Device? device)
            {
                bool typed = dtype is not null && (is_floating_point(tensor.dtype) || is_complex(tensor.dtype));
                ScalarType type = typed ? dtype!.Value : tensor.dtype;
                Device place = device ?? tensor.device;
                if (type == tensor.dtype && place.type == tensor.device.type) return null;
                return tensor.to(type, place).DetachFromDisposeScope();
            }

            private static void RequireFloatingPoint(ScalarType dtype)
            {
                if (!is_floating_point(dtype) && !is_complex(dtype))
                    throw new ArgumentException($"nn.Module.to only accepts floating point or complex types, but got desired dtype={dtype}");
            }
        }
    }
}
