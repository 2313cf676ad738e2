using Xunit;

// Seeded tests share libtorch's one random number generator and thread count.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
