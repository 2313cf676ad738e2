using System.IO.Compression;
using System.Text;
using MTRec.Data.Sequences;
using MTRec.Testing;
using Xunit;

namespace MTRec.Data.Tests.Sequences;

public sealed class SequenceFileTests
{
    [Fact]
    public void A_line_a_user_is_read_in_order_and_items_are_counted_from_1()
    {
        var sequences = Lines("7 30 10 20\n\n9\t10  40\r\n");
        Assert.Equal([10, 20, 30, 40], sequences.ItemIds);
        Assert.Equal([7, 9], sequences.Users.Select(user => user.UserId));
        Assert.Equal([3, 1, 2], sequences.Users[0].Items);
        Assert.Equal([1, 4], sequences.Users[1].Items);
    }

    [Fact]
    public void Pairs_are_gathered_by_user_even_where_users_alternate()
    {
        var sequences = Read("1 5\n2 6\n1 4\n", SequenceLayout.Pairs);
        Assert.Equal([2, 1], sequences.Users[0].Items);
        Assert.Equal([3], sequences.Users[1].Items);
    }

    [Theory]
    [InlineData("1 2\n3\n", SequenceLayout.UserLines, "line 2: a user and one item or more was expected, not 1 ids")]
    [InlineData("1 2\n\n1 3\n", SequenceLayout.UserLines, "line 3: the user 1 had a line before")]
    [InlineData("1 2\n2 x3\n", SequenceLayout.UserLines, "line 2: 'x3' is no id")]
    [InlineData("1 2\n2 0\n", SequenceLayout.UserLines, "line 2: '0' is no id")]
    [InlineData("1 -2\n", SequenceLayout.UserLines, "line 1: '-2' is no id")]
    [InlineData("1 99999999999999999999\n", SequenceLayout.UserLines, "is no id")]
    [InlineData("1 2 3\n", SequenceLayout.Pairs, "line 1: a user and an item was expected, not 3 ids")]
    [InlineData("\n \n", SequenceLayout.Pairs, "holds no interaction")]
    public void What_does_not_fit_is_refused_with_its_line(string text, SequenceLayout layout, string reason)
    {
        var refusal = Assert.Throws<DataFormatException>(() => Read(text, layout));
        Assert.StartsWith("test.txt", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gzip_is_read_and_refused_where_it_is_cut_off()
    {
        var text = string.Join('\n', Enumerable.Range(1, 500).Select(user => $"{user} {user % 37 + 1} {user % 11 + 50}"));
        var packed = Pack(text);
        using var whole = new MemoryStream(packed);
        Assert.Equal(500, SequenceFile.Read(whole, "test.txt", SequenceLayout.UserLines).Users.Count);

        using var cut = new MemoryStream(packed[..(packed.Length - 20)]);
        var refusal = Assert.Throws<DataFormatException>(() => SequenceFile.Read(cut, "test.txt", SequenceLayout.UserLines));
        Assert.Contains("damaged or cut off", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Attributes_are_numbered_and_given_to_the_items_of_the_sequences()
    {
        var sequences = Lines("1 10 30\n");
        var attributes = Attributes("{\"30\": [900, 7, 7], \"20\": [8]}", sequences);
        Assert.Equal(3, attributes.Count);
        Assert.Equal(3, attributes.OfItem.Count);
        Assert.Empty(attributes.OfItem[0]);
        Assert.Empty(attributes.OfItem[1]);
        Assert.Equal([1, 2], attributes.OfItem[2]);
    }

    [Theory]
    [InlineData("[1]", "line 1: an object of items was expected")]
    [InlineData("{\"1\": [2],\n \"x\": [3]}", "line 2: 'x' is no item's id")]
    [InlineData("{\"1\": [2],\n\n \"1\": [3]}", "line 3: the item 1 comes twice")]
    [InlineData("{\"1\": 2}", "an array of the attributes of item 1 was expected")]
    [InlineData("{\"1\": [2.5]}", "is no whole number above 0")]
    [InlineData("{\"1\": [\"2\"]}", "is no whole number above 0")]
    [InlineData("{\"1\": [2", "no JSON")]
    [InlineData("{\"1\": [2]} {}", "no JSON")]
    [InlineData("", "no JSON")]
    public void Attributes_that_do_not_fit_are_refused_with_their_line(string text, string reason)
    {
        var refusal = Assert.Throws<DataFormatException>(() => Attributes(text, Lines("1 1\n")));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [SequencesFact]
    public void The_real_files_hold_what_their_description_says()
    {
        foreach (var (name, layout, users, items) in new[]
        {
            ("amazon_beauty", SequenceLayout.UserLines, 22_363, 12_101),
            ("amazon_sports", SequenceLayout.UserLines, 35_598, 18_357),
            ("amazon_video_games", SequenceLayout.Pairs, 31_013, 23_715),
        })
        {
            var sequences = SequenceFile.Read(Path.Combine(SequencesFactAttribute.Folder, $"{name}.txt.gz"), layout);
            Assert.Equal((users, items), (sequences.Users.Count, sequences.ItemCount));
        }

        var beauty = SequenceFile.Read(Path.Combine(SequencesFactAttribute.Folder, "amazon_beauty.txt.gz"), SequenceLayout.UserLines);
        var attributes = ItemAttributesFile.Read(Path.Combine(SequencesFactAttribute.Folder, "amazon_beauty_attributes.json.gz"), beauty);
        Assert.Equal(637, attributes.Count);
        Assert.All(attributes.OfItem.Skip(1), list => Assert.InRange(list.Count, 1, 6));
    }

    private static InteractionSequences Lines(string text) => Read(text, SequenceLayout.UserLines);

    private static InteractionSequences Read(string text, SequenceLayout layout)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return SequenceFile.Read(stream, "test.txt", layout);
    }

    private static ItemAttributes Attributes(string text, InteractionSequences sequences)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return ItemAttributesFile.Read(stream, "test.json", sequences);
    }

    private static byte[] Pack(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }
}
