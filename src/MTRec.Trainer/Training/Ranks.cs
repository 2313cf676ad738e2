using MTRec.Learning.Distributed;
using MTRec.Trainer.CommandLine;

namespace MTRec.Trainer.Training;

/// <summary>Runs a command's work on all ranks that mpirun started, or in this process alone. Where one rank fails, all end, and mpirun with its exit code.</summary>
internal static class Ranks
{
    // What fails on rank 0 too, rank 0 says; Open MPI ends a job within a second.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Runs.</summary>
    /// <param name="losses">File for the losses; null for none. The first rank writes it.</param>
    /// <param name="parts">See <see cref="World.Join"/>.</param>
    /// <param name="work">The work; its result is the exit code.</param>
    /// <param name="cancellation">Ends the work; of several ranks the first obeys, and the others end with it.</param>
    public static async Task<int> RunAsync(string? losses, int? parts, Func<World, CancellationToken, Task<int>> work, CancellationToken cancellation)
    {
        using var file = losses is null || World.IsStartedAsFollower ? null : new LossFile(losses);
        var world = World.Join(file is null ? null : file.Write, parts);
        int exitCode;
        try
        {
            exitCode = await work(world, world.IsFirst ? cancellation : CancellationToken.None);
        }
        catch (Exception e) when (world.Size > 1)
        {
            if (!world.IsFirst)
            {
                await Task.Delay(Patience, CancellationToken.None);
                await Console.Error.WriteAsync($"rank {world.Rank}: ");
            }

            exitCode = Failure.Report(e);
        }

        if (exitCode == ExitCodes.Done)
        {
            world.Dispose();
        }
        else
        {
            file?.Dispose();
            world.Abort(exitCode);
        }

        return exitCode;
    }
}
