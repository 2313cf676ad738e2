using MTRec.Testing;
using MTRec.Trainer.Reproduction;
using Xunit;

namespace MTRec.Trainer.Tests.Reproduction;

[Collection(nameof(LearnsInProcess))]
public sealed class TaobaoComparisonTests
{
    [VirtualTaobaoFact]
    public void Every_way_to_act_has_its_figure_over_seeds()
    {
        TorchSharp.torch.set_num_threads(1);
        var options = new ReproductionOptions(Path.Combine(VirtualTaobaoFactAttribute.Folder, ".."), Seeds: 2, Full: false, Threads: 1);
        var table = new TaobaoComparison(options, new Progress<Learning.Fitting.FitProgress>(), default) { Budget = new TaobaoBudget(4_000, 1_500, 4, 100) }.Run();

        Assert.Equal(
            ["random actions", "zero action", "best constant action (CEM)", "PPO", "PPO + mental reward", "SAC", "SAC + mental reward"],
            table.Rows.Select(row => row.Label));
        foreach (var cell in table.Rows.Select(row => row.Cells.Single()!))
        {
            Assert.Equal(2, cell.BySeed!.Count);
            Assert.Equal(cell.BySeed.Average(), cell.Value, 12);
            Assert.True(cell.Low <= cell.Value && cell.Value <= cell.High);
            Assert.InRange(cell.Value, 0, 1);
        }

        var (random, zero, constant) = (table.Rows[0].Cells[0]!.Value, table.Rows[1].Cells[0]!.Value, table.Rows[2].Cells[0]!.Value);
        Assert.InRange(random, 0.01, 0.03);
        Assert.InRange(zero, 0.04, 0.075);
        Assert.True(constant > zero);
        // Guided and unguided learners start alike and must not end alike.
        Assert.NotEqual(table.Rows[3].Cells[0]!.BySeed, table.Rows[4].Cells[0]!.BySeed);
        Assert.NotEqual(table.Rows[5].Cells[0]!.BySeed, table.Rows[6].Cells[0]!.BySeed);
    }
}
