using Xunit;

namespace MTRec.Trainer.Tests;

/// <summary>Tests that learn in this process take turns: libtorch's random number generator is one for all of them, and a seed set by one must not be another's.</summary>
[CollectionDefinition(nameof(LearnsInProcess))]
public sealed class LearnsInProcess;
