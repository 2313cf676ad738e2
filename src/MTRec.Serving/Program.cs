using Microsoft.Extensions.Options;
using MTRec.Serving;
using MTRec.Serving.Operations;

try
{
    await ServingApp.Build(args).RunAsync();
    return Environment.ExitCode;
}
catch (OperationCanceledException)
{
    // Stopped while it started: by a signal, or because no bundle may serve.
    return Environment.ExitCode;
}
catch (Exception e) when (e is OptionsValidationException or InvalidOperationException or IOException or FormatException)
{
    // A configuration that is wrong, an address that is taken.
    StartFailure.Report(e);
    return 1;
}
