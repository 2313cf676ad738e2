using MTRec.Learning.Evaluation;
using MTRec.Learning.Fitting;
using MTRec.Trainer.Reproduction;

namespace MTRec.Trainer.Tests.Reproduction;

/// <summary>A table with every kind of figure and plot, and names that a page must escape.</summary>
internal sealed class SyntheticTable(string name = "synthetic", params string[] folders) : IReproducedTable
{
    public string Name => name;

    public string Purpose => "Compares <nothing> & \"nobody\".";

    public IReadOnlyList<string> Folders => folders;

    /// <summary>Called when the table runs.</summary>
    public Action<ReproductionOptions, CancellationToken> Running { get; init; } = (_, _) => { };

    public Report Run(ReproductionOptions options, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        progress.Report(new FitProgress("running", 0.5));
        Running(options, cancellation);
        var x = Enumerable.Range(0, 40).Select(i => (double)i * 1000).ToArray();
        return new Report(
            Name,
            "A <b>headline</b> & more",
            [
                new ReportTable(
                    "returns",
                    "Return of an episode",
                    "algorithm",
                    ["return", "AUC <like>"],
                    [
                        new ReportRow("fixed & simple", [new ReportCell(12.3456, 11.5, 13.25, [11.9, 12.8]), new ReportCell(0.61234)]),
                        new ReportRow("<script>alert(1)</script>", [new ReportCell(double.NaN), null]),
                        new ReportRow("diverged", [new ReportCell(1.5e9, 2e8, 3e9), new ReportCell(0.5, 0.5, 0.5)]),
                    ]),
            ],
            [
                new LinePlot(
                    "Learning <curves>",
                    "updates",
                    "return",
                    [
                        new Series("fixed & simple", x, [.. x.Select(_ => 12.0)]),
                        new Series("learned", x, [.. x.Select(Math.Sqrt)], [.. x.Select(v => Math.Sqrt(v) * 0.9)], [.. x.Select(v => Math.Sqrt(v) * 1.1)]),
                        new Series("three points", [0, 15000, 39000], [200, 150, 120]),
                    ]),
                new LinePlot("Q of the critics", "updates", "Q", [new Series("TD3", x, [.. x.Select(v => Math.Exp(v / 5000))])], LogarithmicY: true),
                new HistogramPlot(
                    "Actions", "power of click", -1, 1, [new Outline("before", [0.1, 0.4, 0.4, 0.1]), new Outline("after", [0, 0.2, 0.3, 0.5])]),
                new IntervalPlot(
                    "Returns",
                    "return",
                    [
                        new LabelledEstimate("fixed & simple", new Estimate(12.3, 11.5, 13.2)),
                        new LabelledEstimate("learned", new Estimate(14.1, 13.6, 14.9)),
                        new LabelledEstimate("no interval", new Estimate(13, double.NaN, double.NaN)),
                    ]),
            ],
            ["Higher is <better> & more."]);
    }
}
