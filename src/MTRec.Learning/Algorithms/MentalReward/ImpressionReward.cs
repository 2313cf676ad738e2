namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>What soft Q says of one impression after its response.</summary>
/// <param name="Given">
/// The sum of r(s, a) = Q(s, a) - gamma V(s') over the choices that were faced; NaN where s' was never seen. It holds log pi(a|s), so that the more frequent
/// response has the higher reward whatever it means: it compares impressions with one response, not responses.
/// </param>
/// <param name="Surplus">
/// The sum over the choices at which the user went on of E[u + e | u + e > 0] = log(1 + exp u) / sigmoid(u), where u = Q(s, on) - Q(s, decline) and e is the
/// logistic noise of the choice: how much better than declining it was for a user who did go on. 0 where the first choice was declined. Declining
/// is the zero of the scale for every choice, so that responses compare; 1 at least for each, more where u is high.
/// </param>
/// <param name="Expected">
/// What the surplus is before the response: E[max(u + e, 0)] = V(s) - Q(s, decline) of the first choice, later choices included through V.
/// </param>
public readonly record struct ImpressionReward(double Given, double Surplus, double Expected)
{
    /// <summary>Reads the soft Q of an impression.</summary>
    /// <param name="q">Q(s, decline), Q(s, on) of the first choice, then of the second ...</param>
    /// <param name="depth">Choices at which the user went on.</param>
    /// <param name="nextValue">gamma V(s') at the next impression; null where there is none.</param>
    public static ImpressionReward Of(ReadOnlySpan<float> q, int depth, double? nextValue)
    {
        double given = 0, surplus = 0;
        for (var choice = 0; choice < Math.Min(depth + 1, q.Length / 2); choice++)
        {
            var own = q[(2 * choice)..];
            if (choice == depth)
            {
                given += own[0] - (nextValue ?? double.NaN);
                break;
            }

            given += own[1] - (choice + 1 < q.Length / 2 ? Value(own[2..]) : nextValue ?? double.NaN);
            surplus += Surpass(own[1] - own[0]);
        }

        return new ImpressionReward(given, surplus, Value(q) - q[0]);
    }

    /// <summary>V of the first choice: log(exp Q(s, decline) + exp Q(s, on)).</summary>
    public static double Value(ReadOnlySpan<float> q) => Math.Max(q[0], q[1]) + Math.Log(1 + Math.Exp(-Math.Abs(q[1] - q[0])));

    private static double Surpass(double u) => (Math.Max(u, 0) + Math.Log(1 + Math.Exp(-Math.Abs(u)))) * (1 + Math.Exp(-u));
}
