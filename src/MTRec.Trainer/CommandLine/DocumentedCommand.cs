using System.CommandLine;

namespace MTRec.Trainer.CommandLine;

/// <summary>A command that shows examples under its help, and whose work signals can cancel.</summary>
internal sealed class DocumentedCommand(string name, string description) : Command(name, description)
{
    /// <summary>Whole command lines, most common first.</summary>
    public required IReadOnlyList<string> Examples { get; init; }

    /// <summary>What the help says below the examples.</summary>
    public string Remarks { get; init; } = "";

    /// <summary>Adds options, shown in this order.</summary>
    public void AddAll(params ReadOnlySpan<Option> options)
    {
        foreach (var option in options)
            Add(option);
    }

    /// <summary>Sets what the command does; its value is the exit code, and a signal cancels its token.</summary>
    public void SetWork(Func<ParseResult, CancellationToken, Task<int>> work) =>
        // Signals are listened for once the action has handed its task over, and until then end the process: so all work is the task's.
        SetAction((result, cancellation) => Task.Run(() => work(result, cancellation), CancellationToken.None));
}
