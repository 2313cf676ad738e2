using System.Diagnostics;
using System.Globalization;
using MTRec.Learning.Evaluation;
using Xunit;

namespace MTRec.Learning.Tests.Evaluation;

/// <summary>The metrics against scikit-learn and SciPy.</summary>
public sealed class ScikitLearnTests
{
    [ScikitLearnFact]
    public void Metrics_agree_with_scikit_learn()
    {
        var random = new Random(8);
        var scores = Enumerable.Range(0, 500).Select(_ => random.Next(1, 99) / 100f).ToArray();
        var labels = scores.Select(score => random.NextDouble() < score).ToArray();
        var other = scores.Select(score => random.Next(40) + (10.0 * score)).ToArray();
        var program = $"""
            from sklearn.metrics import roc_auc_score, log_loss, ndcg_score
            from scipy.stats import spearmanr
            s = [{string.Join(',', scores.Select(s => s.ToString("R", CultureInfo.InvariantCulture)))}]
            y = [{string.Join(',', labels.Select(l => l ? 1 : 0))}]
            o = [{string.Join(',', other.Select(s => s.ToString("R", CultureInfo.InvariantCulture)))}]
            print(roc_auc_score(y, s), log_loss(y, s), spearmanr(s, o)[0], ndcg_score([o], [[-i for i in range(len(o))]], k=10))
            """;

        var expected = ScikitLearnFactAttribute.Run(program).Split().Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();

        Assert.Equal(expected[0], Auc.Of(scores, labels), 1e-9);
        Assert.Equal(expected[1], Calibration.LogLoss(scores, labels), 1e-6);
        Assert.Equal(expected[2], Spearman.Of([.. scores.Select(s => (double)s)], other), 1e-9);
        Assert.Equal(expected[3], RankedList.Ndcg(other, 10), 1e-9);
    }
}

/// <summary>Needs Debian's python3-sklearn; skipped with the reason where it is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ScikitLearnFactAttribute : FactAttribute
{
    private const string Python = "/usr/bin/python3";

    private static readonly Lazy<string?> Reason = new(() =>
    {
        try
        {
            return Run("import sklearn.metrics, scipy.stats; print('ok')") == "ok" ? null : $"{Python} has no scikit-learn.";
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            return $"No scikit-learn: {e.Message}";
        }
    });

    public ScikitLearnFactAttribute() => Skip = Reason.Value;

    public static string Run(string program)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, ["-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException($"{Python} did not start.");
        process.StandardInput.Write(program);
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException(errors.Result.Trim());
    }
}
