using Xunit;

// Seeded tests share libtorch's one random number generator, thread count and tensor count.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
