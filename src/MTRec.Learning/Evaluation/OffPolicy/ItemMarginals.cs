namespace MTRec.Learning.Evaluation.OffPolicy;

/// <summary>A list that chance has ranked, and the lists of the two policies that are compared. Candidates are named by their places in the request.</summary>
/// <param name="User">The user's number, from 0.</param>
/// <param name="Shown">What was shown [L].</param>
/// <param name="Draws">In how many of K further draws of the same chance each candidate [n] is among the first L.</param>
/// <param name="Candidate">What the candidate policy would show [L].</param>
/// <param name="Serving">What the serving policy would show [L].</param>
public sealed record ExploredList(int User, int[] Shown, int[] Draws, int[] Candidate, int[] Serving);

/// <summary>
/// The difference of two deterministic ranking policies from lists whose order was drawn by chance, item by item: what is weighed is not how likely the drawn
/// action was, in as many dimensions as it has, but how likely the chance shows an item. The item-level form (Li et al., KDD 2018) of importance weights that are
/// marginalised over all actions with the same outcome (Saito and Joachims, ICML 2022), doubly robust (Dudík, Langford and Li, ICML 2011):
/// <code>V(pi) = mean over lists of sum_{i in pi's list} b_i + sum_{i shown} 1[i in pi's list] (r_i - b_i) / p_i</code>
/// </summary>
/// <remarks>
/// <para>Assumed: an item's reward depends on the request and the item, not on its companions, nor on its rank within the list.</para>
/// <para>p_i is the share of 1 + K draws that show i: the one that was made and K more of the same chance. Given that it was shown, the other K draws show it Binomial(K, p_i)
/// times, so the expectation of 1[i shown] / p_i is exactly 1 - (1 - p_i)^{K+1}: no correction is needed for counting, no weight exceeds K + 1, and for what chance hardly ever shows the
/// model b speaks. b, which was not fitted on these users, changes the variance and those items alone. Items that both policies show leave the difference. (The counting is ours.)</para>
/// </remarks>
/// <param name="lists">The lists, all of one length L.</param>
/// <param name="draws">K, 1 or more.</param>
/// <param name="users">Number of users.</param>
/// <param name="bootstrap">The resampling of users.</param>
public sealed class ItemMarginals(IReadOnlyList<ExploredList> lists, int draws, int users, UserBootstrap bootstrap)
{
    /// <summary>Candidate less serving policy, of a value summed over the list, with its 95 % interval by user; NaN without lists.</summary>
    /// <param name="values">Values of the shown items [lists][L].</param>
    /// <param name="model">b: the expected value of a candidate, by list and place.</param>
    /// <exception cref="UnusableLogException">A value or an expectation is not finite.</exception>
    public Estimate Difference(IReadOnlyList<float[]> values, Func<int, int, double> model) => Mean(values, model, signed: true);

    /// <summary>The value of the serving policy's lists, likewise.</summary>
    /// <inheritdoc cref="Difference"/>
    public Estimate Serving(IReadOnlyList<float[]> values, Func<int, int, double> model) => Mean(values, model, signed: false);

    /// <summary>Kish's effective number of lists behind the candidate's value: (sum w)^2 / sum w^2, w the mean weight of a list's items.</summary>
    public double Effective => ImportanceRatios.EffectiveSampleSize([.. lists.Select(list => list.Shown.Sum(item => list.Candidate.Contains(item) ? Weight(list, item) : 0) / list.Shown.Length)]);

    /// <summary>Lists in which the two policies show different items.</summary>
    public int Changed => lists.Count(list => !list.Candidate.All(list.Serving.Contains));

    /// <summary>Share of a policy's items that fewer of the K draws show than a share <paramref name="least"/>: those that the log cannot tell of. 1 without lists.</summary>
    public static double Unsupported(IEnumerable<(int[] Items, int[] Draws)> policy, int draws, double least)
    {
        var (all, missing) = (0, 0);
        foreach (var (items, shown) in policy)
        {
            all += items.Length;
            missing += items.Count(item => shown[item] < least * draws);
        }

        return all == 0 ? 1 : missing / (double)all;
    }

    private double Weight(ExploredList list, int item) => (draws + 1.0) / (list.Draws[item] + 1.0);

    private Estimate Mean(IReadOnlyList<float[]> values, Func<int, int, double> model, bool signed)
    {
        var sums = new UserSums(users, 2);
        for (var row = 0; row < lists.Count; row++)
        {
            var list = lists[row];
            var value = list.Serving.Sum(item => model(row, item));
            if (signed)
                value = list.Candidate.Sum(item => model(row, item)) - value;
            for (var place = 0; place < list.Shown.Length; place++)
            {
                var item = list.Shown[place];
                var sign = signed ? (list.Candidate.Contains(item) ? 1 : 0) - (list.Serving.Contains(item) ? 1 : 0) : list.Serving.Contains(item) ? 1 : 0;
                if (sign != 0)
                    value += sign * Weight(list, item) * (values[row][place] - model(row, item));
            }

            ImportanceRatios.CheckFinite("value of an item", [value]);
            sums[list.User, 0] += value;
            sums[list.User, 1]++;
        }

        return bootstrap.Interval(sums, total => total[1] == 0 ? double.NaN : total[0] / total[1]);
    }
}
