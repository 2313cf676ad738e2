using System.Text.Json.Serialization;

namespace MTRec.Core.Fusion;

/// <summary>How task scores become one score. Every formula is a sum of one contribution a task, so each order can be explained.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FusionFormula>))]
public enum FusionFormula
{
    /// <summary>f = sum_k w_k o_k. Action: the K weights.</summary>
    [JsonStringEnumMemberName("weightedSum")]
    WeightedSum,

    /// <summary>f = sum_k alpha_k log(o_k + beta_k) with constant priors beta (BatchRL-MTF, Eq 1). Action: the K alphas.</summary>
    [JsonStringEnumMemberName("logSum")]
    LogSum,

    /// <summary>
    /// f = sum_k p_k log(o_k + b_k), the logarithm of prod_k (o_k + b_k)^{p_k} (UnifiedRL, Eq 1): the same order, no overflow.
    /// Action: the K powers, then the K biases.
    /// </summary>
    [JsonStringEnumMemberName("powerProduct")]
    PowerProduct,

    /// <summary>
    /// f = sum_k q_k (1 + a_k q_k), q_k in (0, 1) the output of a monotone cell of task k's score and the state that the graph computes (xMTF, WWW
    /// 2025). Action: the K a's. Outside of the graph the cells are not known, so neither is f.
    /// </summary>
    [JsonStringEnumMemberName("cells")]
    Cells,
}
