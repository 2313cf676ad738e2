using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using MTRec.Core.Blending;
using MTRec.Core.Experiments;
using MTRec.Inference;
using MTRec.Serving;
using MTRec.Serving.Bundles;
using MTRec.Serving.Http;
using MTRec.Serving.Ranking;
using MTRec.Serving.Ranking.Requests;
using MTRec.Testing;

namespace MTRec.Benchmarks.Serving;

/// <summary>The parts of a rank call without sockets: 500 candidates, eight scores each.</summary>
[MemoryDiagnoser]
#pragma warning disable CA1001 // BenchmarkDotNet's own end is EndAsync.
public class RankPathBenchmarks
#pragma warning restore CA1001
{
    private const int Candidates = 500;

    private readonly Dictionary<string, byte[]> _bodies = [];
    private readonly double[] _scores = new double[Candidates];
    private readonly int[] _order = new int[20];
    private TemporaryFolder _folder = null!;
    private Bundle _bundle = null!;
    private ServedBundle _served = null!;
    private Ranker _ranker = null!;
    private RankCall _parsed = null!;
    private RankCall _scored = null!;
    private WebApplication _app = null!;

    /// <summary>The form of the request.</summary>
    [ParamsSource(nameof(Forms))]
    public string Form { get; set; } = "rows";

    /// <summary>Every form's name.</summary>
    public static IEnumerable<string> Forms => Serving.Form.All.Select(form => form.Name);

    /// <summary>Runs all and writes BenchmarkDotNet's reports below <c>var/</c>.</summary>
    public static int RunAll()
    {
        // In this process: BenchmarkDotNet's own would be built and restored anew.
        var config = ManualConfig.Create(DefaultConfig.Instance)
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .WithArtifactsPath(Path.Combine(SharedData.RepositoryRoot, "var", "benchmarks"));
        BenchmarkRunner.Run<RankPathBenchmarks>(config);
        return 0;
    }

    /// <summary>Prepares a bundle, a parsed call and a scored one.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        _folder = new TemporaryFolder();
        SmallBundle.Publish(Path.Combine(_folder.Path, "registry"));
        _app = ServingApp.Build(
            ["--Registry:Path", Path.Combine(_folder.Path, "registry"), "--EventLog:Folder", Path.Combine(_folder.Path, "events"), "--Serilog:MinimumLevel:Default=Fatal"]);
        _ranker = _app.Services.GetRequiredService<Ranker>();
        _bundle = Bundle.Load(Path.Combine(_folder.Path, "registry", "default", "1"));
        _served = new ServedBundle(_bundle);
        var request = RankRequest.Draw(_bundle, Candidates)[0];
        foreach (var form in Serving.Form.All)
            _bodies.Add(form.Name, form.Write(request));
        _parsed = _served.RentCall();
        Parse(_parsed);
        _scored = _served.RentCall();
        Parse(_scored);
        _scored.RequestId = "r";
        _scored.Clock.Start();
        _ranker.Score(_scored, _bundle);
        _scored.Scores.AsSpan(0, Candidates).CopyTo(_scores);
    }

    /// <summary>Ends it.</summary>
    [GlobalCleanup]
    public async Task EndAsync()
    {
        _parsed.Dispose();
        _scored.Dispose();
        _served.Dispose();
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Body to tensors.</summary>
    [Benchmark]
    public int Parse()
    {
        var call = _served.RentCall();
        Parse(call);
        var count = call.Count;
        _served.ReturnCall(call);
        return count;
    }

    /// <summary>History, both graphs, blend and order.</summary>
    [Benchmark]
    public void Score()
    {
        _parsed.Clock.Start();
        _ranker.Score(_parsed, _bundle);
    }

    /// <summary>Order alone.</summary>
    [Benchmark]
    public void Order() => RankOrder.Sort(_scores, _order);

    /// <summary>The exposure's JSON.</summary>
    [Benchmark]
    public int WriteExposure()
    {
        using var json = new PooledBuffer(1 << 16);
        ExposureJson.Write(json, _scored, _served, DateTimeOffset.UnixEpoch);
        return json.Written.Length;
    }

    /// <summary>The answer's bytes.</summary>
    [Benchmark]
    public int WriteAnswer()
    {
        using var answer = new PooledBuffer();
        if (Form == "protobuf")
            RankMessageWriter.Write(answer, _scored, _served);
        else
            RankAnswerWriter.Write(answer, _scored, _served);
        return answer.Written.Length;
    }

    /// <summary>From the body's bytes to the answer's: all that is not the server, Redis or the event log.</summary>
    [Benchmark]
    public int WholeCall()
    {
        var call = _served.RentCall();
        call.Clock.Start();
        Parse(call);
        call.RequestId = "r";
        _ranker.Score(call, _bundle);
        using var answer = new PooledBuffer();
        if (Form == "protobuf")
            RankMessageWriter.Write(answer, call, _served);
        else
            RankAnswerWriter.Write(answer, call, _served);
        _served.ReturnCall(call);
        return answer.Written.Length;
    }

    /// <summary>One experiment's hash of a user.</summary>
    [Benchmark]
    public static double Assign() => Percentile.Of("bench-user-0001", "layer-salt");

    private void Parse(RankCall call)
    {
        var reading = new RankReading(call, _served.Names, _bundle.Items, new RankOptions(), new RequestErrors());
        if (Form == "protobuf")
            RankMessageReader.Read(_bodies[Form], reading, bundleScoresTasks: false);
        else
            RankText.Read(_bodies[Form], reading, bundleScoresTasks: false);
        if (reading.Errors.Any)
            throw new InvalidOperationException("The request is refused.");
    }
}
