using MTRec.Core.Safetensors;
using MTRec.Simulation.VirtualTaobao;
using MTRec.Testing;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Simulation.Tests.VirtualTaobao;

public sealed class VirtualTaobaoTests : IDisposable
{
    private static readonly float[] BestConstant =
    [
        0.7505f, -0.1331f, 0.9169f, 0.8947f, -0.1383f, 0.7174f, 0.2985f, -0.9104f, -0.5803f, 0.9184f, -0.3128f, 0.3059f, -0.7049f, 0.4319f,
        0.6885f, 0.1035f, -0.1975f, -0.6125f, -0.8617f, 0.4116f, 0.1541f, -0.6619f, -0.2843f, 0.1146f, -0.1306f, -0.4441f, 0.0614f,
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("virtual-taobao").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [VirtualTaobaoFact]
    public void The_published_weights_give_the_known_figures()
    {
        set_num_threads(1);
        using var scope = NewDisposeScope();
        using var environment = new VirtualTaobaoEnvironment(VirtualTaobaoFactAttribute.Folder);
        manual_seed(1);
        Assert.InRange(Ectr(environment, state => (rand(state.shape[0], 27) * 2) - 1, 1500), 0.017, 0.021);
        Assert.InRange(Ectr(environment, state => zeros(state.shape[0], 27), 1500), 0.052, 0.060);
        Assert.InRange(Ectr(environment, state => tensor(BestConstant).expand(state.shape[0], 27), 300), 0.89, 0.91);
    }

    [Fact]
    public void A_session_ends_at_its_leave_page_and_the_networks_see_the_page_the_user_and_the_clamped_action()
    {
        // The clicks are the page's number plus 2 for a first action of 1; all users leave after page 3.
        WritePlain("generator_model", [128, 128, 88], []);
        WritePlain("leave_model", [88, 128, 256, 101], [(3, 1000)]);
        WriteClicks();
        using var scope = NewDisposeScope();
        using var environment = new VirtualTaobaoEnvironment(_folder);
        var now = environment.Reset(5, 1);
        Assert.Equal(11 * 5, now.State.narrow(1, 0, 88).sum().item<float>());
        var action = zeros(5, 27);
        action[0, 0] = 7;
        for (var page = 0; page < 3; page++)
        {
            Assert.All(Floats(now.Active), active => Assert.Equal(1, active));
            Assert.All(Floats(now.State[.., 88]), shown => Assert.Equal(page / 100f, shown, 6));
            var outcome = environment.Advance(action);
            Assert.Equal([page + 2f, page, page, page, page], Floats(outcome.Rewards));
            Assert.All(Floats(outcome.Ended), ended => Assert.Equal(page == 2 ? 1 : 0, ended));
            now = outcome.Next;
        }

        Assert.All(Floats(now.Active), active => Assert.Equal(0, active));
        var after = environment.Advance(action);
        Assert.All(Floats(after.Rewards), clicks => Assert.Equal(0, clicks));
        Assert.All(Floats(after.Ended), ended => Assert.Equal(0, ended));
    }

    [Fact]
    public void A_user_who_would_leave_at_once_sees_one_page()
    {
        WritePlain("generator_model", [128, 128, 88], []);
        WritePlain("leave_model", [88, 128, 256, 101], [(0, 1000)]);
        WriteClicks();
        using var scope = NewDisposeScope();
        using var environment = new VirtualTaobaoEnvironment(_folder);
        Assert.All(Floats(environment.Reset(3, 1).Active), active => Assert.Equal(1, active));
        Assert.All(Floats(environment.Advance(zeros(3, 27)).Ended), ended => Assert.Equal(1, ended));
    }

    [Fact]
    public void Chance_is_the_logits_and_the_seeds_not_the_actions()
    {
        // The first feature's first class has three times the weight of each of the seven others; clicks are even over 0..10.
        WritePlain("generator_model", [128, 128, 88], [(0, MathF.Log(3))]);
        WritePlain("leave_model", [88, 128, 256, 101], []);
        WritePlain("action_model", [116, 128, 256, 21], []);
        using var scope = NewDisposeScope();
        using var environment = new VirtualTaobaoEnvironment(_folder);
        var first = environment.Reset(4000, 5).State;
        Assert.Equal(0.3, first[.., 0].mean().item<float>(), 0.03);
        Assert.Equal(0.1, first[.., 7].mean().item<float>(), 0.02);
        var one = environment.Advance(zeros(4000, 27));
        Assert.Equal(5, one.Rewards.mean().item<float>(), 0.2);
        Assert.Equal(2.0 / 101, one.Ended.mean().item<float>(), 0.008);
        Assert.True(environment.Reset(4000, 5).State.Equals(first));
        var other = environment.Advance(ones(4000, 27));
        Assert.True(other.Ended.Equals(one.Ended));
        Assert.True(other.Rewards.Equals(one.Rewards));
        Assert.False(environment.Reset(4000, 6).State.Equals(first));
    }

    [Fact]
    public void Weights_of_another_shape_are_refused()
    {
        WritePlain("generator_model", [128, 64, 88], []);
        Assert.Throws<SafetensorsException>(() => new VirtualTaobaoEnvironment(_folder));
    }

    private static float[] Floats(Tensor tensor) => tensor.contiguous().data<float>().ToArray();

    private static double Ectr(VirtualTaobaoEnvironment environment, Func<Tensor, Tensor> policy, int sessions)
    {
        double clicks = 0, pages = 0;
        var now = environment.Reset(sessions, 7);
        while (now.Active.sum().item<float>() is > 0 and var active)
        {
            pages += active;
            var outcome = environment.Advance(policy(now.State));
            clicks += outcome.Rewards.sum().item<float>();
            now = outcome.Next;
        }

        return VirtualTaobaoEnvironment.Ectr(clicks, pages);
    }

    // Zero weights; the last layer's biases as given, else 0.
    private void WritePlain(string name, int[] widths, (int Class, float Logit)[] biases) => Write(name, widths, (layer, weight, bias) =>
    {
        foreach (var (place, logit) in layer == widths.Length - 2 ? biases : [])
            bias[place] = logit;
    });

    // logit_c = 1000 (2 c x - c^2) is largest at c = x = page + 2 first action; classes above 10 would win if they were read.
    private void WriteClicks() => Write("action_model", [116, 128, 256, 21], (layer, weight, bias) =>
    {
        if (layer == 0)
            (weight[88], weight[89]) = (1, 2);
        else if (layer == 1)
            weight[0] = 1;
        for (var c = 0; layer == 2 && c < 21; c++)
            (weight[c * 256], bias[c]) = (2000f * c, c <= 10 ? -1000f * c * c : 1e6f);
    });

    private void Write(string name, int[] widths, Action<int, float[], float[]> fill)
    {
        var writer = new SafetensorsWriter();
        for (var layer = 0; layer + 1 < widths.Length; layer++)
        {
            var weight = new float[widths[layer] * widths[layer + 1]];
            var bias = new float[widths[layer + 1]];
            fill(layer, weight, bias);
            writer.Add<float>($"{2 * layer}.weight", weight, widths[layer + 1], widths[layer]);
            writer.Add<float>($"{2 * layer}.bias", bias, widths[layer + 1]);
        }

        File.WriteAllBytes(Path.Combine(_folder, name + ".safetensors"), writer.ToBytes());
    }
}
