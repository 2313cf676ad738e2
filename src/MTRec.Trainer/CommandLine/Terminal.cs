using MTRec.Learning.Distributed;
using MTRec.Learning.Fitting;
using Spectre.Console;

namespace MTRec.Trainer.CommandLine;

/// <summary>
/// The two outputs of a command: results on standard output, everything said on the way on standard error. Colours, boxes that
/// fit and moving bars are for terminals; a file or a pipe gets plain lines.
/// </summary>
internal static class Terminal
{
    // Wide enough that no table of ours wraps.
    private const int PlainWidth = 200;

    /// <summary>Results.</summary>
    public static IAnsiConsole Results { get; } = Create(Console.Out, Console.IsOutputRedirected || World.IsStarted);

    /// <summary>Progress, warnings and errors.</summary>
    public static IAnsiConsole Notes { get; } = Create(Console.Error, Console.IsErrorRedirected);

    /// <summary>Runs <paramref name="work"/> under a progress bar; it reports the share done, 0 to 1.</summary>
    public static Task<T> WithProgressAsync<T>(string title, Func<IProgress<double>, Task<T>> work) =>
        Notes.Progress().StartAsync(context => work(new Bar(context.AddTask(title, maxValue: 1))));

    /// <summary>Runs a training under one progress bar a stage.</summary>
    public static Task<T> WithStagesAsync<T>(Func<IProgress<FitProgress>, Task<T>> work) =>
        Notes.Progress().StartAsync(context => work(new Stages(context)));

    /// <summary>Says why the work failed.</summary>
    public static void Fail(string reason) => Console.Error.WriteLine($"mtrec: {reason}");

    private static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected)
            console.Profile.Width = PlainWidth;
        return console;
    }

    private sealed class Bar(ProgressTask task) : IProgress<double>
    {
        public void Report(double value) => task.Value = value;
    }

    private sealed class Stages(ProgressContext context) : IProgress<FitProgress>
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, ProgressTask> _bars = new(StringComparer.Ordinal);

        public void Report(FitProgress value)
        {
            lock (_gate)
            {
                if (!_bars.TryGetValue(value.Stage, out var bar))
                    _bars[value.Stage] = bar = context.AddTask(Markup.Escape(value.Stage), maxValue: 1);
                bar.Value = value.Fraction;
                bar.Description = Markup.Escape(value.Detail.Length > 0 ? $"{value.Stage}, {value.Detail}" : value.Stage);
            }
        }
    }
}
