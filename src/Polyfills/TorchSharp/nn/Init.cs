using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Initialisation in place, without recording gradients. Random values equal PyTorch's for an equal seed.</summary>
        public static class init
        {
            public enum NonlinearityType
            {
                Linear = 0,
                Conv1D = 1,
                Conv2D = 2,
                Conv3D = 3,
                ConvTranspose1D = 4,
                ConvTranspose2D = 5,
                ConvTranspose3D = 6,
                Sigmoid = 7,
                Tanh = 8,
                ReLU = 9,
                LeakyReLU = 10,
            }

            public enum FanInOut
            {
                FanIn = 0,
                FanOut = 1,
            }

            /// <summary>The factor that keeps a layer's variance through a nonlinearity; for a leaky one <paramref name="param"/> is the slope.</summary>
            public static double calculate_gain(NonlinearityType nonlinearity, double param = 0.0) => nonlinearity switch
            {
                NonlinearityType.Tanh => 5.0 / 3.0,
                NonlinearityType.ReLU => Math.Sqrt(2.0),
                NonlinearityType.LeakyReLU => Math.Sqrt(2.0 / (1 + (param * param))),
                _ => 1.0,
            };

            public static Tensor ones_(Tensor tensor) => Filled(tensor, 1);

            public static Tensor zeros_(Tensor tensor) => Filled(tensor, 0);

            public static Tensor constant_(Tensor tensor, Scalar val)
            {
                using (no_grad()) tensor.fill_(val);
                return tensor;
            }

            /// <exception cref="System.Runtime.InteropServices.ExternalException">The tensor has not two dimensions.</exception>
            public static Tensor eye_(Tensor tensor)
            {
                Shim.Check(Shim.init_eye(tensor));
                return tensor;
            }

            public static Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Generator? generator = null)
            {
                Shim.Check(Shim.init_uniform(tensor, low, high));
                return tensor;
            }

            public static Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator? generator = null)
            {
                Shim.Check(Shim.init_normal(tensor, mean, std));
                return tensor;
            }

            /// <summary>A normal distribution cut off at <paramref name="a"/> and <paramref name="b"/>.</summary>
            public static Tensor trunc_normal_(
                Tensor tensor, double mean = 0.0, double std = 1.0, double a = -2.0, double b = 2.0, Generator? generator = null)
            {
                Shim.Check(Shim.init_trunc_normal(tensor, mean, std, a, b));
                return tensor;
            }

            /// <summary>Saxe et al. (2013): orthogonal rows or columns, whichever are fewer, of length <paramref name="gain"/>.</summary>
            public static Tensor orthogonal_(Tensor tensor, double gain = 1.0)
            {
                Shim.Check(Shim.init_orthogonal(tensor, gain));
                return tensor;
            }

            /// <summary>He et al. (2015), uniform.</summary>
            public static Tensor kaiming_uniform_(
                Tensor tensor, double a = 0, FanInOut mode = FanInOut.FanIn, NonlinearityType nonlinearity = NonlinearityType.LeakyReLU)
            {
                double bound = Math.Sqrt(3.0) * KaimingDeviation(tensor, a, mode, nonlinearity);
                return uniform_(tensor, -bound, bound);
            }

            /// <summary>He et al. (2015), normal.</summary>
            public static Tensor kaiming_normal_(
                Tensor tensor, double a = 0, FanInOut mode = FanInOut.FanIn, NonlinearityType nonlinearity = NonlinearityType.LeakyReLU) =>
                normal_(tensor, 0, KaimingDeviation(tensor, a, mode, nonlinearity));

            /// <summary>Glorot and Bengio (2010), uniform.</summary>
            public static Tensor xavier_uniform_(Tensor tensor, double gain = 1.0)
            {
                double bound = Math.Sqrt(3.0) * XavierDeviation(tensor, gain);
                return uniform_(tensor, -bound, bound);
            }

            public static Tensor glorot_uniform_(Tensor tensor, double gain = 1.0) => xavier_uniform_(tensor, gain);

            /// <summary>Glorot and Bengio (2010), normal.</summary>
            /// <remarks>TorchSharp 0.107 draws from the uniform distribution of the same variance here; this draws what the name says, as PyTorch does.</remarks>
            public static Tensor xavier_normal_(Tensor tensor, double gain = 1.0) => normal_(tensor, 0, XavierDeviation(tensor, gain));

            public static Tensor glorot_normal_(Tensor tensor, double gain = 1.0) => xavier_normal_(tensor, gain);

            /// <exception cref="ArgumentException">The tensor has fewer than two dimensions.</exception>
            public static (long fanIn, long fanOut) CalculateFanInAndFanOut(Tensor tensor)
            {
                long[] shape = tensor.shape;
                if (shape.Length < 2)
                    throw new ArgumentException("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions");
                long field = shape.Skip(2).Aggregate(1L, (product, size) => product * size);
                return (shape[1] * field, shape[0] * field);
            }

            private static double KaimingDeviation(Tensor tensor, double a, FanInOut mode, NonlinearityType nonlinearity)
            {
                (long fanIn, long fanOut) = CalculateFanInAndFanOut(tensor);
                return calculate_gain(nonlinearity, a) / Math.Sqrt(mode == FanInOut.FanIn ? fanIn : fanOut);
            }

            private static double XavierDeviation(Tensor tensor, double gain)
            {
                (long fanIn, long fanOut) = CalculateFanInAndFanOut(tensor);
                return gain * Math.Sqrt(2.0 / (fanIn + fanOut));
            }

            private static Tensor Filled(Tensor tensor, double value)
            {
                Shim.Check(Shim.init_constant(tensor, value));
                return tensor;
            }
        }
    }
}
