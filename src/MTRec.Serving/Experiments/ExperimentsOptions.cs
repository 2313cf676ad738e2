using MTRec.Serving.Exploration;
using MTRec.Serving.Operations;

namespace MTRec.Serving.Experiments;

/// <summary>
/// The experiments: section <c>Experiments</c>. Read again whenever the configuration changes; a change with any fault is refused whole.
/// </summary>
internal sealed class ExperimentsOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Experiments";

    /// <summary>Whether any experiment runs: false stops them all. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The layers by their names. A user takes part in at most one experiment of a layer; which one says nothing about the other layers. Default none.</summary>
    public Dictionary<string, LayerOptions> Layers { get; set; } = [];

    /// <inheritdoc/>
    public IEnumerable<string> Faults() => ExperimentFaults.Of(this);
}

/// <summary>A layer: its users stand in one order from 0 to 100, and each experiment has a part of it.</summary>
internal sealed class LayerOptions
{
    /// <summary>Decides the order of the users: the gates of all experiments of the layer. 1 to 128 characters. Default the layer's name.</summary>
    public string? Salt { get; set; }

    /// <summary>The experiments by their names, which are unique over all layers. Default none.</summary>
    public Dictionary<string, ExperimentOptions> Experiments { get; set; } = [];
}

/// <summary>An experiment: which users take part, and its variants.</summary>
internal sealed class ExperimentOptions
{
    /// <summary>Whether it runs. False takes all users out and keeps the experiment's part of the layer free. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Decides who gets which variant: independent of who takes part. 1 to 128 characters. Default the experiment's name.</summary>
    public string? Salt { get; set; }

    /// <summary>Start of its part of the layer, 0 to 100 %. Default 0.</summary>
    public double From { get; set; }

    /// <summary>End of its part of the layer, above From, up to 100 %; the parts of a layer's experiments must not overlap. Default 100.</summary>
    public double To { get; set; } = 100;

    /// <summary>
    /// Users who take part, in % of all users, 0 to To - From: those from From on. Raising it adds users and moves none. Default To - From.
    /// </summary>
    public double? Traffic { get; set; }

    /// <summary>The variant that the others are compared with. Default <c>control</c>.</summary>
    public string Control { get; set; } = "control";

    /// <summary>The variants by their names. Percentages are laid out in the order of the names, so that the order in the file does not matter.</summary>
    public Dictionary<string, VariantOptions> Variants { get; set; } = [];
}

/// <summary>A variant: who gets it, and what it changes. What it leaves out is as without it.</summary>
internal sealed class VariantOptions
{
    /// <summary>Part of the experiment's users, 0 to 100 %; all variants together have 100. Changing it while the experiment runs moves users. Default 0.</summary>
    public double Percentage { get; set; }

    /// <summary>Users who always get this variant while the experiment runs, whatever traffic says; they are left out of the report. Default none.</summary>
    public string[] Users { get; set; } = [];

    /// <summary>Version of the bundle that ranks. Default the active bundle.</summary>
    public string? Bundle { get; set; }

    /// <summary>Fixed weights in place of the bundle's policy. Default the policy.</summary>
    public FixedFusion? Fusion { get; set; }

    /// <summary>Changes to the section Blending. Default none.</summary>
    public BlendingChange? Blending { get; set; }

    /// <summary>Exploration around the policy's action. Default none.</summary>
    public ExplorationRule? Exploration { get; set; }
}
