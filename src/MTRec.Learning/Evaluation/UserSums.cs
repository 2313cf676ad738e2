namespace MTRec.Learning.Evaluation;

/// <summary>
/// Sums over each user's rows: all that a ratio of sums needs of a user, so that a resample of the users is a sum of their rows here.
/// </summary>
public sealed class UserSums
{
    private readonly double[] _sums;

    /// <summary>Zeros.</summary>
    /// <param name="users">Number of users, 0 or more.</param>
    /// <param name="columns">Number of sums, 1 or more.</param>
    public UserSums(int users, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(users);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        Users = users;
        Columns = columns;
        Stride = (columns + Lanes - 1) / Lanes * Lanes;
        _sums = new double[users * Stride];
    }

    /// <summary>Number of users.</summary>
    public int Users { get; }

    /// <summary>Number of sums.</summary>
    public int Columns { get; }

    /// <summary>Doubles of one vector register that rows are padded to.</summary>
    internal const int Lanes = 4;

    /// <summary>Distance between two users' rows.</summary>
    internal int Stride { get; }

    /// <summary>[users, <see cref="Stride"/>], zeros where padded.</summary>
    internal ReadOnlySpan<double> Padded => _sums;

    /// <summary>One sum of one user.</summary>
    public ref double this[int user, int column] => ref _sums[(user * Stride) + column];

    /// <summary>The sums over all users [columns].</summary>
    public double[] Total()
    {
        var total = new double[Columns];
        for (var user = 0; user < Users; user++)
        {
            for (var column = 0; column < Columns; column++)
                total[column] += this[user, column];
        }

        return total;
    }
}
