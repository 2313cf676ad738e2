namespace MTRec.Serving.Tests.Faults;

/// <summary>Tests of how long something takes, or how much is done meanwhile: they run when all others have.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class UndisturbedTests
{
    public const string Name = "undisturbed";
}
