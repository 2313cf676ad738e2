using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using MTRec.Core.Bundles;
using StackExchange.Redis;

namespace MTRec.Benchmarks.Serving;

/// <summary>
/// What hardly any service of this kind on .NET goes below: Kestrel, as it comes, takes the same bytes and sends as many as the answer has, Redis is asked
/// once, both graphs run once on tensors that are there already. It reads nothing of the request and computes nothing of the answer.
/// </summary>
internal static class Floor
{
    /// <summary>Serves <c>POST /{candidates}/{bytes of the answer}</c> until it is ended.</summary>
    public static int Run(Arguments arguments)
    {
        var folder = arguments.Text("--bundle", "");
        var manifest = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, BundleLayout.Manifest)), ManifestJson.Default.BundleManifest)!;
        using var policy = new Graph(manifest, folder, BundleLayout.Policy, 2);
        using var mentalReward = new Graph(manifest, folder, BundleLayout.MentalReward, 2);
        var redis = ConnectionMultiplexer.Connect(arguments.Text("--redis", "")).GetDatabase();
        RedisKey key = "mtrec-floor";
        redis.StringSet(key, new byte[2000]);

        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(arguments.Text("--urls", ""));
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Run(async context =>
        {
            var path = context.Request.Path.Value!.AsSpan(1);
            var slash = path.IndexOf('/');
            var (candidates, answerBytes) = (int.Parse(path[..slash]), int.Parse(path[(slash + 1)..]));
            var body = context.Request.BodyReader;
            while (true)
            {
                var read = await body.ReadAsync();
                body.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }

            await redis.StringGetAsync(key);
            policy.Run(candidates);
            mentalReward.Run(candidates);
            context.Response.ContentLength = answerBytes;
            context.Response.BodyWriter.GetSpan(answerBytes)[..answerBytes].Fill((byte)' ');
            context.Response.BodyWriter.Advance(answerBytes);
            await context.Response.BodyWriter.FlushAsync();
        });
        app.Run();
        return 0;
    }

    /// <summary>A graph with inputs and outputs that are made once and used again.</summary>
    private sealed class Graph : IDisposable
    {
        private readonly RunOptions _options = new();
        private readonly InferenceSession _session;
        private readonly BundleFile _file;
        private readonly string[] _inputs;
        private readonly string[] _outputs;
        private readonly ConcurrentDictionary<int, ConcurrentBag<(OrtValue[] Inputs, OrtValue[] Outputs)>> _tensors = new();

        public Graph(BundleManifest manifest, string folder, string file, int outputs)
        {
            _file = manifest.Files[file];
            using var options = new Microsoft.ML.OnnxRuntime.SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1, EnableMemoryPattern = false };
            _session = new InferenceSession(Path.Combine(folder, file), options);
            _inputs = [.. _file.Inputs.Select(tensor => tensor.Name)];
            _outputs = [.. _file.Outputs.Take(outputs).Select(tensor => tensor.Name)];
        }

        public void Run(int candidates)
        {
            var spare = _tensors.GetOrAdd(candidates, _ => []);
            if (!spare.TryTake(out var tensors))
                tensors = (Tensors(_file.Inputs, candidates), Tensors(_file.Outputs.Take(_outputs.Length), candidates));
            _session.Run(_options, _inputs, tensors.Inputs, _outputs, tensors.Outputs);
            spare.Add(tensors);
        }

        public void Dispose()
        {
            foreach (var (inputs, outputs) in _tensors.Values.SelectMany(spare => spare))
            {
                foreach (var tensor in inputs.Concat(outputs))
                    tensor.Dispose();
            }

            _session.Dispose();
            _options.Dispose();
        }

        private static OrtValue[] Tensors(IEnumerable<TensorShape> shapes, int candidates) => [.. shapes.Select(shape =>
        {
            long[] sizes = [.. shape.Shape.Select(size => size < 0 ? candidates : size)];
            var values = new float[sizes.Aggregate(1L, (product, size) => product * size)];
            var random = new Random(3);
            for (var i = 0; i < values.Length; i++)
                values[i] = random.NextSingle();
            return OrtValue.CreateTensorValueFromMemory(values, sizes);
        })];
    }
}
