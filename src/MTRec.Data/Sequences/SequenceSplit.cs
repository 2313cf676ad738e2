using System.Globalization;
using MTRec.Data.Trajectories;

namespace MTRec.Data.Sequences;

/// <summary>What a row of choices is for.</summary>
public enum SequencePart
{
    /// <summary>Fitting.</summary>
    Train,

    /// <summary>Choosing when to stop and hyper-parameters: the last round but one of each user who is fitted to.</summary>
    Validation,

    /// <summary>Reporting: the last round of each user who is fitted to.</summary>
    Test,

    /// <summary>Reporting on complete trajectories: all of a user who is kept back.</summary>
    KeptBack,
}

/// <summary>
/// Splits by user and time: one fold of the users is kept back whole; of every other user the last round tests, the one before validates
/// and the rest trains. A user with fewer than three rounds only trains.
/// </summary>
/// <param name="folds">Fold 0 is kept back: with ten folds, 10 % of the users.</param>
public sealed class SequenceSplit(UserFolds folds)
{
    /// <summary>What each of a user's rounds is for.</summary>
    public SequencePart[] Of(UserSequence user)
    {
        var parts = new SequencePart[user.Items.Count];
        if (folds.Of(user.UserId.ToString(CultureInfo.InvariantCulture)) == 0)
        {
            Array.Fill(parts, SequencePart.KeptBack);
        }
        else if (parts.Length >= 3)
        {
            parts[^1] = SequencePart.Test;
            parts[^2] = SequencePart.Validation;
        }

        return parts;
    }
}
