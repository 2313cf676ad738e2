using System.Numerics;

namespace MTRec.Core.Features;

/// <summary>Ids in UTF-8, in the order in which they were added, in three arrays: no object an id. Not thread-safe while it is added to.</summary>
public sealed class IdSet
{
    private const int FewestSlots = 16;

    // The place + 1 of an id, by its hash; 0 is free. At most half of them are taken.
    private int[] _slots = new int[FewestSlots];
    private int[] _hashes = [];
    private int[] _ends = [];
    private byte[] _bytes = [];

    /// <summary>Ids in it.</summary>
    public int Count { get; private set; }

    /// <summary>An id by its place.</summary>
    public ReadOnlySpan<byte> this[int place]
    {
        get
        {
            var start = place == 0 ? 0 : _ends[place - 1];
            return _bytes.AsSpan(start, _ends[place] - start);
        }
    }

    /// <summary>The place of an id.</summary>
    public bool TryFind(ReadOnlySpan<byte> id, out int place)
    {
        place = Find(id, IdHash.Of(id), out _);
        return place >= 0;
    }

    /// <summary>Adds an id behind the others, whether it stands among them or not; of two the first is found.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Add(ReadOnlySpan<byte> id)
    {
        if (2 * (Count + 1) > _slots.Length)
            Grow();
        var hash = IdHash.Of(id);
        var isNew = Find(id, hash, out var slot) < 0;
        if (isNew)
            _slots[slot] = Count + 1;
        Append(id, hash);
        return isNew;
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        Count = 0;
        Array.Clear(_slots);
    }

    private int Find(ReadOnlySpan<byte> id, int hash, out int slot)
    {
        var slots = _slots;
        for (slot = hash & (slots.Length - 1); slots[slot] is var taken and > 0; slot = (slot + 1) & (slots.Length - 1))
        {
            if (_hashes[taken - 1] == hash && this[taken - 1].SequenceEqual(id))
                return taken - 1;
        }

        return -1;
    }

    private void Append(ReadOnlySpan<byte> id, int hash)
    {
        var start = Count == 0 ? 0 : _ends[Count - 1];
        if (_bytes.Length - start < id.Length)
            Array.Resize(ref _bytes, checked((int)BitOperations.RoundUpToPowerOf2((uint)(start + id.Length))));
        if (Count == _ends.Length)
        {
            Array.Resize(ref _ends, Math.Max(FewestSlots, 2 * Count));
            Array.Resize(ref _hashes, _ends.Length);
        }

        id.CopyTo(_bytes.AsSpan(start));
        _ends[Count] = start + id.Length;
        _hashes[Count] = hash;
        Count++;
    }

    private void Grow()
    {
        _slots = new int[2 * _slots.Length];
        for (var place = 0; place < Count; place++)
        {
            if (Find(this[place], _hashes[place], out var slot) < 0)
                _slots[slot] = place + 1;
        }
    }
}
