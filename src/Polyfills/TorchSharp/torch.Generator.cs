using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Seeds the generator that random factories use unless they are given one.</summary>
    public static Generator manual_seed(long seed) => random.manual_seed(seed);

    public static long seed() => random.seed();

    public static long initial_seed() => random.initial_seed();

    public static Tensor get_rng_state() => random.get_rng_state();

    public static void set_rng_state(Tensor new_state) => random.set_rng_state(new_state);

    /// <summary>The process's random number generator.</summary>
    public static partial class random
    {
        public static Generator manual_seed(long seed) => Generator.Default.manual_seed(seed);

        public static long seed() => Generator.Default.seed();

        public static long initial_seed() => Generator.Default.initial_seed();

        public static Tensor get_rng_state() => Generator.Default.get_state();

        public static void set_rng_state(Tensor new_state) => Generator.Default.set_state(new_state);
    }

    /// <summary>A random number generator on the CPU (Mersenne Twister): the same seed gives the same draws.</summary>
    public class Generator : IDisposable
    {
        public Generator(ulong seed = 0, Device? device = null)
            : this(Shim.generator_new(seed))
        {
            this.device = InitializeDevice(device);
        }

        private Generator(nint handle)
        {
            Handle = handle;
            device = CPU;
        }

        ~Generator() => Dispose(false);

        public static Generator Default => new(Shim.generator_default());

        public nint Handle { get; private set; }

        public Device device { get; private set; }

        public Tensor get_state() => Shim.generator_get_state(Handle);

        public void set_state(Tensor value) => Shim.Check(Shim.generator_set_state(Handle, value));

        public Generator manual_seed(long seed)
        {
            Shim.generator_manual_seed(Handle, unchecked((ulong)seed));
            return this;
        }

        /// <summary>Seeds the generator from the clock and tells the seed.</summary>
        public long seed()
        {
            var seed = DateTime.UtcNow.Ticks;
            manual_seed(seed);
            return seed;
        }

        public long initial_seed() => unchecked((long)Shim.generator_seed(Handle));

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (Handle == 0)
                return;
            Shim.generator_dispose(Handle);
            Handle = 0;
        }
    }
}
