using MTRec.Benchmarks;

return args switch
{
    ["learning", .. var rest] => LearningBenchmark.Run(new Arguments(rest)),
    ["streaming", .. var rest] => StreamingBenchmark.Run(new Arguments(rest)),
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
        """);
    return 2;
}
