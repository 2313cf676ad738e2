using MTRec.Data.Sequences;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>
/// Choices as examples, a row a shown item, users one after the other in the order of time. A round is a page: what the user took before it is
/// the history of each of its rows, and its own responses count from the next round on.
/// </summary>
public sealed class ChoiceExamples
{
    private readonly int[] _user;
    private readonly int[] _item;
    private readonly int[] _round;
    private readonly bool[] _taken;
    private readonly SequencePart[] _part;
    private readonly int[][] _skipped;
    private readonly IReadOnlyList<UserChoices> _users;
    private readonly int _history;

    /// <summary>Lays choices out.</summary>
    /// <param name="choices">The choices.</param>
    /// <param name="split">What each round is for.</param>
    /// <param name="history">Latest items of a history that are looked at, 1 or more.</param>
    public ChoiceExamples(ChoiceSequences choices, SequenceSplit split, int history)
    {
        _users = choices.Users;
        _history = history;
        var rows = choices.Users.SelectMany((user, place) => user.Choices.Select(choice => (place, choice))).ToArray();
        _user = Array.ConvertAll(rows, row => row.place);
        _item = Array.ConvertAll(rows, row => row.choice.Item);
        _round = Array.ConvertAll(rows, row => row.choice.Round);
        _taken = Array.ConvertAll(rows, row => row.choice.Taken);
        var parts = choices.Users.Select(user => split.Of(user.User)).ToArray();
        _part = Array.ConvertAll(rows, row => parts[row.place][row.choice.Round]);
        _skipped = [.. choices.Users.Select(FirstSkips)];
    }

    /// <summary>Number of rows.</summary>
    public int Count => _item.Length;

    /// <summary>Each row's user, from 0.</summary>
    public ReadOnlySpan<int> User => _user;

    /// <summary>Whether each row's response was positive.</summary>
    public ReadOnlySpan<bool> Taken => _taken;

    /// <summary>The rows of a part, in order.</summary>
    public int[] Rows(SequencePart part) => [.. Enumerable.Range(0, Count).Where(row => _part[row] == part)];

    /// <summary>Number of items that a row's history shows.</summary>
    public int HistoryLength(int row) => Math.Min(_history, _round[row]);

    /// <summary>The row's next state: the user's next row of the same part; -1 where there is none.</summary>
    public int Next(int row) => row + 1 < Count && _user[row + 1] == _user[row] && _part[row + 1] == _part[row] ? row + 1 : -1;

    /// <summary>Labels [B]: 1 for a positive response.</summary>
    public Tensor Labels(int[] rows) => tensor(Array.ConvertAll(rows, row => _taken[row] ? 1f : 0f));

    /// <summary>The states of rows.</summary>
    public SequenceBatch Batch(int[] rows)
    {
        var length = Math.Max(1, rows.Max(HistoryLength));
        var history = new long[rows.Length * length];
        var skipped = new long[history.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            var shown = HistoryLength(row);
            for (var back = 1; back <= shown; back++)
            {
                var place = ((i + 1) * length) - back;
                history[place] = _users[_user[row]].User.Items[_round[row] - back];
                skipped[place] = _skipped[_user[row]][_round[row] - back];
            }
        }

        return new SequenceBatch(
            tensor(history, rows.Length, length),
            tensor(skipped, rows.Length, length),
            tensor(Array.ConvertAll(rows, row => (long)_item[row])));
    }

    /// <summary>
    /// The states after rows, had the response been the given one: the next shown item stays, the history is what the response makes it.
    /// Within a page it stays as it was. Where there is no next state, the state is that of the row and not to be read.
    /// </summary>
    /// <param name="rows">Rows.</param>
    /// <param name="taken">The responses [rows].</param>
    public SequenceBatch After(int[] rows, ReadOnlySpan<bool> taken)
    {
        var histories = new List<int>[rows.Length];
        var candidates = new long[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            var (row, next) = (rows[i], Next(rows[i]));
            var items = _users[_user[row]].User.Items;
            histories[i] = [.. items.Skip(_round[row] - HistoryLength(row)).Take(HistoryLength(row))];
            candidates[i] = _item[Math.Max(row, next)];
            if (next < 0 || _round[next] == _round[row])
                continue;
            if (!_taken[row] || taken[i])
                histories[i].Add(items[_round[row]]);
            if (!_taken[row] && taken[i])
                histories[i].Add(_item[row]);
        }

        var length = Math.Clamp(histories.Max(list => list.Count), 1, _history);
        var history = new long[rows.Length * length];
        for (var i = 0; i < rows.Length; i++)
        {
            for (var back = 1; back <= Math.Min(length, histories[i].Count); back++)
                history[((i + 1) * length) - back] = histories[i][^back];
        }

        return new SequenceBatch(tensor(history, rows.Length, length), zeros(rows.Length, length, ScalarType.Int64), tensor(candidates));
    }

    private static int[] FirstSkips(UserChoices user)
    {
        var skips = new int[user.User.Items.Count];
        foreach (var choice in user.Choices)
        {
            if (!choice.Taken && skips[choice.Round] == 0)
                skips[choice.Round] = choice.Item;
        }

        return skips;
    }
}
