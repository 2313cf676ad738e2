using System.Numerics;

namespace MTRec.Core.Features;

/// <summary>Ids in UTF-8, in the order in which they were added, in a few arrays: no object an id. Not thread-safe while it is added to.</summary>
public sealed class IdSet
{
    private const int FewestSlots = 16;

    // By its hash an id's place + 1, beside the hash itself, so that another id is seldom looked at; 0 is free. At most half of them are taken.
    private ulong[] _slots;
    private int[] _ends;
    private uint[] _hashes;
    private byte[] _bytes = [];

    /// <summary>Starts empty.</summary>
    /// <param name="capacity">Ids for which there is room at once.</param>
    public IdSet(int capacity = 0)
    {
        _slots = new ulong[Math.Max(FewestSlots, BitOperations.RoundUpToPowerOf2((uint)(2 * capacity)))];
        _hashes = new uint[capacity];
        _ends = new int[capacity + 1];
    }

    /// <summary>Ids in it.</summary>
    public int Count { get; private set; }

    /// <summary>An id by its place.</summary>
    public ReadOnlySpan<byte> this[int place] => _bytes.AsSpan(_ends[place].._ends[place + 1]);

    /// <summary>The <see cref="IdHash"/> of an id by its place.</summary>
    public uint HashOf(int place) => _hashes[place];

    /// <summary>Where an id of that hash stands, or -1. Nearly always that is the very id, but only comparing it tells.</summary>
    /// <param name="hash">Its <see cref="IdHash"/>.</param>
    public int Guess(uint hash)
    {
        var slots = _slots;
        for (var slot = (int)hash & (slots.Length - 1); slots[slot] is var taken and > 0; slot = (slot + 1) & (slots.Length - 1))
        {
            if ((uint)(taken >> 32) == hash)
                return (int)(uint)taken - 1;
        }

        return -1;
    }

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
        Append(id, hash);
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

    private void Append(ReadOnlySpan<byte> id, uint hash)
    {
        var start = _ends[Count];
        if (_bytes.Length - start < id.Length)
            Array.Resize(ref _bytes, checked((int)BitOperations.RoundUpToPowerOf2((uint)(start + id.Length))));
        if (Count == _hashes.Length)
        {
            Array.Resize(ref _hashes, Math.Max(FewestSlots, 2 * _hashes.Length));
            Array.Resize(ref _ends, _hashes.Length + 1);
        }

        id.CopyTo(_bytes.AsSpan(start));
        _hashes[Count] = hash;
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
