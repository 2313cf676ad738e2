using MTRec.Data;
using MTRec.Inference;
using MTRec.Learning.Distributed;

namespace MTRec.Trainer.CommandLine;

/// <summary>The end of a command that threw.</summary>
internal static class Failure
{
    /// <summary>Says what went wrong.</summary>
    /// <returns>The exit code.</returns>
    public static int Report(Exception exception)
    {
        switch (exception)
        {
            case OperationCanceledException:
                Terminal.Fail("interrupted; nothing is left half-written.");
                return ExitCodes.Interrupted;
            case BundleRefusedException refused:
                Terminal.Fail($"the bundle in {refused.Directory} is refused:");
                foreach (var reason in refused.Reasons)
                    Console.Error.WriteLine($"  {reason}");
                return ExitCodes.Failed;
            case DataFormatException or IOException or UnauthorizedAccessException or HttpRequestException or GraphFailedException or ArithmeticException or WorldException:
                Terminal.Fail(exception.Message);
                return ExitCodes.Failed;
            default:
                // What nobody foresaw is reported in full.
                Terminal.Fail(exception.ToString());
                return ExitCodes.Failed;
        }
    }
}
