using System.CommandLine;
using System.Text.Json;
using MTRec.Data;
using MTRec.Trainer.CommandLine;
using MTRec.Trainer.Worker;
using MTRec.Trainer.Worker.State;
using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.ClosedLoop;

/// <summary><c>mtrec reconcile</c>: proves that what the users were answered is what the worker learned from or dropped.</summary>
internal static class ReconcileCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var simulation = new Option<string>("--simulation") { Description = "The --out of mtrec simulate --url.", Required = true, HelpName = "DIR" };
        var state = new Option<string>("--state") { Description = "The --state of the worker, after mtrec worker --once.", Required = true, HelpName = "DIR" };
        var command = new DocumentedCommand("reconcile", "Holds the simulation's account of every call against the worker's of every event; 1 where they do not add up.")
        {
            Examples = ["mtrec reconcile --simulation var/loop --state var/worker"],
        };
        command.AddAll(simulation, state);
        command.SetWork((result, cancellation) => RunAsync(result.GetRequiredValue(simulation), result.GetRequiredValue(state), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string simulation, string folder, CancellationToken cancellation)
    {
        var counts = JsonSerializer.Deserialize(await File.ReadAllBytesAsync(Path.Combine(simulation, LoopCounts.FileName), cancellation), LoopJson.Default.LoopCounts)
            ?? throw new DataFormatException($"{simulation}: {LoopCounts.FileName} holds nothing.");
        var calls = LoopCall.Read(Path.Combine(simulation, LoopCall.FileName)).ToArray();
        var worker = CountsFile.Read(folder) ?? throw new DataFormatException($"{folder}: has no {CountsFile.Name}; run mtrec worker --once.");
        using var state = await StateFolder.OpenAsync(folder, new WorkerOptions { Events = "", Registry = "", State = folder }.Parts, () => { }, cancellation);
        using var snapshot = state.Snapshot();
        var reconciliation = new Reconciliation(calls, counts, worker, new EventWindow(snapshot).Read());
        foreach (var line in reconciliation.Lines)
            Console.WriteLine(line);
        foreach (var fault in reconciliation.Faults)
            Terminal.Fail($"the counts do not add up: {fault}.");
        return reconciliation.Faults.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }
}
