using System.CommandLine;
using MTRec.Learning.Distributed;
using MTRec.Trainer.ClosedLoop;
using MTRec.Trainer.CommandLine;
using MTRec.Trainer.Evaluation;
using MTRec.Trainer.Replay;
using MTRec.Trainer.Reproduction;
using MTRec.Trainer.Scoring;
using MTRec.Trainer.Simulation;
using MTRec.Trainer.Training;
using MTRec.Trainer.Verification;
using MTRec.Trainer.Worker;

// mpirun collects standard output through a terminal, whose control sequences would end up in its own output.
if (World.IsStarted)
    Environment.SetEnvironmentVariable("TERM", null);

var root = new RootCommand("Trains, checks and measures MTRec's bundles. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.")
{
    TrainCommand.Create(),
    VerifyCommand.Create(),
    ScoreCommand.Create(),
    EvaluateCommand.Create(),
    ReplayCommand.Create(),
    SimulateCommand.Create(),
    WorkerCommand.Create(),
    ReconcileCommand.Create(),
    ReproduceCommand.Create(ReproducedTables.All),
};
HelpWithExamples.Install(root);

var command = root.Parse(args);
if (command.Errors.Count > 0)
{
    if (!World.IsStartedAsFollower)
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
#pragma warning disable CA1031 // The process ends here, with the exit code of a failure.
catch (Exception e)
#pragma warning restore CA1031
{
    return Failure.Report(e);
}
