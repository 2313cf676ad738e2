using System.Numerics;

namespace MTRec.Core.Features;

/// <summary>Ids in UTF-8, in the order in which they were added, in three arrays: no object an id. Not thread-safe while it is added to.</summary>
public sealed class IdSet
{
    private const int FewestSlots = 16;

    // By its hash an id's place + 1, beside the hash itself, so that another id is seldom looked at; 0 is free. At most half of them are taken.
    private ulong[] _slots = new ulong[FewestSlots];
    private int[] _ends = [0];
    private byte[] _bytes = [];

    /// <summary>Ids in it.</summary>
    public int Count { get; private set; }

    /// <summary>An id by its place.</summary>
    public ReadOnlySpan<byte> this[int place] => _bytes.AsSpan(_ends[place].._ends[place + 1]);

    /// <summary>The place of an id.</summary>
    /// <param name="id">UTF-8.</param>
    /// <param name="hash">Its <see cref="IdHash"/>.</param>
    /// <param name="place">Its place.</param>
    public bool TryFind(ReadOnlySpan<byte> id, uint hash, out int place)
    {
        place = Find(id, hash, out _);
        return place >= 0;
    }

    /// <summary>Adds an id behind the others, whether it stands among them or not; of two the first is found.</summary>
    /// <param name="id">UTF-8.</param>
    /// <param name="hash">Its <see cref="IdHash"/>.</param>
    /// <returns>Whether it is new.</returns>
    public bool Add(ReadOnlySpan<byte> id, uint hash)
    {
        if (2 * (Count + 1) > _slots.Length)
            Grow();
        var isNew = Find(id, hash, out var slot) < 0;
        if (isNew)
            _slots[slot] = Slot(hash, Count);
        Append(id);
        return isNew;
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        Count = 0;
        Array.Clear(_slots);
    }

    private static ulong Slot(uint hash, int place) => ((ulong)hash << 32) | (uint)(place + 1);

    private int Find(ReadOnlySpan<byte> id, uint hash, out int slot)
    {
        var slots = _slots;
        for (slot = (int)hash & (slots.Length - 1); slots[slot] is var taken and > 0; slot = (slot + 1) & (slots.Length - 1))
        {
            var place = (int)(uint)taken - 1;
            if ((uint)(taken >> 32) == hash && this[place].SequenceEqual(id))
                return place;
        }

        return -1;
    }

    private void Append(ReadOnlySpan<byte> id)
    {
        var start = _ends[Count];
        if (_bytes.Length - start < id.Length)
            Array.Resize(ref _bytes, checked((int)BitOperations.RoundUpToPowerOf2((uint)(start + id.Length))));
        if (Count + 1 == _ends.Length)
            Array.Resize(ref _ends, Math.Max(FewestSlots, 2 * _ends.Length));

        id.CopyTo(_bytes.AsSpan(start));
        Count++;
        _ends[Count] = start + id.Length;
    }

    private void Grow()
    {
        var before = _slots;
        _slots = new ulong[2 * before.Length];
        foreach (var taken in before)
        {
            if (taken == 0)
                continue;
            var slot = (int)(taken >> 32) & (_slots.Length - 1);
            while (_slots[slot] > 0)
                slot = (slot + 1) & (_slots.Length - 1);
            _slots[slot] = taken;
        }
    }
}
