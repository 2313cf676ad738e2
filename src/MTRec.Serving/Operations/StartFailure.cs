using Microsoft.Extensions.Options;

namespace MTRec.Serving.Operations;

/// <summary>Says why the service does not start, one line a reason. There may be no log yet: it goes to standard error.</summary>
internal static class StartFailure
{
    /// <summary>Writes every reason that <paramref name="failure"/> holds.</summary>
    public static void Report(Exception failure)
    {
        foreach (var reason in failure is OptionsValidationException options ? options.Failures : [failure.Message])
            Console.Error.WriteLine($"The service cannot start: {reason}");
    }
}
