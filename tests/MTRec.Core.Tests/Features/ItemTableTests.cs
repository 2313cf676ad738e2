using MTRec.Core.Features;
using MTRec.Core.Safetensors;
using Xunit;

namespace MTRec.Core.Tests.Features;

public class ItemTableTests
{
    private static readonly ItemTable Table = new(["v-1", "видео", ""], [1, 2, 3, 4, 5, 6], featureCount: 2);

    [Fact]
    public void A_known_item_is_written_with_its_row_plus_one()
    {
        var row = new float[3];
        Assert.True(Table.TryWrite("видео", row));
        Assert.Equal([2f, 3, 4], row);
    }

    [Fact]
    public void An_unknown_item_leaves_the_row_alone()
    {
        float[] row = [9, 9, 9];
        Assert.False(Table.TryWrite("v-2", row));
        Assert.Equal([9f, 9, 9], row);
    }

    [Fact]
    public void The_table_survives_a_round_trip()
    {
        var copy = ItemTable.Parse(Table.ToBytes(), featureCount: 2);
        Assert.Equal(Table.Ids, copy.Ids);
        Assert.Equal([5f, 6], copy.Features(2).ToArray());
        Assert.Equal(Table.ToBytes(), copy.ToBytes());
    }

    [Fact]
    public void Twins_infinities_and_wrong_widths_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new ItemTable(["a", "a"], [1, 2], 1));
        Assert.Throws<ArgumentException>(() => new ItemTable(["a"], [float.NaN], 1));
        Assert.Throws<ArgumentException>(() => new ItemTable(["a"], [1], 2));
        Assert.Throws<SafetensorsException>(() => ItemTable.Parse(Table.ToBytes(), featureCount: 3));
    }

    [Fact]
    public void A_file_with_bad_ids_is_refused()
    {
        Assert.Throws<SafetensorsException>(() => ItemTable.Parse(File([0, 1, 2], [97, 97]), 1));
        Assert.Throws<SafetensorsException>(() => ItemTable.Parse(File([0, 2, 1], [97, 98]), 1));
        Assert.Throws<SafetensorsException>(() => ItemTable.Parse(File([0, 9, 2], [97, 98]), 1));
        Assert.Throws<SafetensorsException>(() => ItemTable.Parse(File([0, -1, 2], [97, 98]), 1));
        Assert.Throws<SafetensorsException>(() => ItemTable.Parse(File([1, 1, 2], [97, 98]), 1));
        Assert.Throws<SafetensorsException>(() => ItemTable.Parse(File([0, 1, 2], [0xff, 98]), 1));
        Assert.Equal(["a", "b"], ItemTable.Parse(File([0, 1, 2], [97, 98]), 1).Ids);

        static byte[] File(long[] offsets, byte[] ids)
        {
            var writer = new SafetensorsWriter();
            writer.Add<byte>("ids", ids, ids.Length);
            writer.Add<long>("idOffsets", offsets, offsets.Length);
            writer.Add<float>("features", new float[offsets.Length - 1], offsets.Length - 1, 1);
            return writer.ToBytes();
        }
    }
}
