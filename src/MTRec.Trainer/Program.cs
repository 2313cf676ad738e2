using System.CommandLine;
using MTRec.Data;
using MTRec.Inference;
using MTRec.Trainer.CommandLine;
using MTRec.Trainer.Evaluation;
using MTRec.Trainer.Replay;
using MTRec.Trainer.Reproduction;
using MTRec.Trainer.Scoring;
using MTRec.Trainer.Simulation;
using MTRec.Trainer.Training;
using MTRec.Trainer.Verification;
using MTRec.Trainer.Worker;

var root = new RootCommand("Trains, checks and measures MTRec's bundles. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.")
{
    TrainCommand.Create(),
    VerifyCommand.Create(),
    ScoreCommand.Create(),
    EvaluateCommand.Create(),
    ReplayCommand.Create(),
    SimulateCommand.Create(),
    WorkerCommand.Create(),
    ReproduceCommand.Create(ReproducedTables.All),
};
HelpWithExamples.Install(root);

var command = root.Parse(args);
if (command.Errors.Count > 0)
{
    await command.InvokeAsync();
    return ExitCodes.Usage;
}

try
{
    // A signal cancels the work's token; the work then has this long to take its traces away.
    return await command.InvokeAsync(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
    });
}
catch (OperationCanceledException)
{
    Terminal.Fail("interrupted; nothing is left half-written.");
    return ExitCodes.Interrupted;
}
catch (BundleRefusedException e)
{
    Terminal.Fail($"the bundle in {e.Directory} is refused:");
    foreach (var reason in e.Reasons)
        Console.Error.WriteLine($"  {reason}");
    return ExitCodes.Failed;
}
catch (Exception e) when (e is DataFormatException or IOException or UnauthorizedAccessException or HttpRequestException or GraphFailedException or ArithmeticException)
{
    Terminal.Fail(e.Message);
    return ExitCodes.Failed;
}
#pragma warning disable CA1031 // The process ends here: what nobody foresaw is reported in full, with the exit code of a failure.
catch (Exception e)
#pragma warning restore CA1031
{
    Terminal.Fail(e.ToString());
    return ExitCodes.Failed;
}
