using MTRec.Benchmarks;
using MTRec.Benchmarks.Serving;

return args switch
{
    ["learning", .. var rest] => LearningBenchmark.Run(new Arguments(rest)),
    ["streaming", .. var rest] => StreamingBenchmark.Run(new Arguments(rest)),
    ["serving", .. var rest] => await ServingBenchmark.RunAsync(new Arguments(rest)),
    ["rankpath"] => RankPathBenchmarks.RunAll(),
    ["floor", .. var rest] => Floor.Run(new Arguments(rest)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        """
        Benchmarks; figures are ratios to a reference that runs in turns with ours.
          learning   updates of the learners against the same updates in Python PyTorch
                     --rounds 7  --threads 1  --case PART-OF-A-NAME  --out FILE.json
                     --clock wall (cpu: all threads' processor time, on a machine that others work on)
          streaming  transitions written to disk and streamed back in constant memory
                     --rows 1000000,10000000,100000000  --folder DIR (132 bytes a row; deleted afterwards)  --out FILE.json
          serving    the service against a service in Node.js and against the floor (deploy/local/bench.sh)
                     --rounds 5  --requests 10000  --quick no  --out FILE.json
          rankpath   the parts of a rank call without sockets, in BenchmarkDotNet
          floor      the floor, served: --bundle FOLDER  --redis HOST:PORT  --urls URL
        """);
    return 2;
}
