using MTRec.Learning.Fitting;

namespace MTRec.Trainer.Reproduction;

/// <summary>One table of <c>mtrec reproduce</c>: runs its comparison and reports.</summary>
internal interface IReproducedTable
{
    /// <summary>The value of <c>--table</c>.</summary>
    string Name { get; }

    /// <summary>What it compares, in one sentence.</summary>
    string Purpose { get; }

    /// <summary>Folders of the data that it reads, such as <c>kuairand-pure</c>; their presence is checked before it runs. None for a synthetic world.</summary>
    IReadOnlyList<string> Folders { get; }

    /// <summary>Runs the comparison.</summary>
    Report Run(ReproductionOptions options, IProgress<FitProgress> progress, CancellationToken cancellation);
}

/// <summary>How a table is reproduced.</summary>
/// <param name="Data">The folder that holds <c>kuairand-pure</c>, <c>open-bandit</c>, <c>virtual-taobao</c>, <c>sequences</c>.</param>
/// <param name="Seeds">Number of seeds, 1 or more: 1, 2, 3 ...</param>
/// <param name="Full">Whether the budget is full; quick ends within ten minutes on two cores.</param>
/// <param name="Threads">Threads of a tensor operation.</param>
internal sealed record ReproductionOptions(string Data, int Seeds, bool Full, int Threads)
{
    /// <summary>The path of one of the data's folders.</summary>
    public string Folder(string name) => Path.Combine(Data, name);
}
