using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MTRec.Core.Safetensors;
using Xunit;

namespace MTRec.Core.Tests.Safetensors;

public class SafetensorsTests
{
    [Fact]
    public void Every_type_shape_and_metadata_comes_back()
    {
        var writer = new SafetensorsWriter();
        writer.Add<float>("f32", new[] { 1.5f, float.NaN, float.NegativeInfinity, -0f, float.Epsilon, 6 }, 2, 3);
        writer.Add<Half>("f16", new[] { (Half)0.5f, Half.MaxValue }, 2);
        writer.Add<long>("i64", new[] { long.MinValue }, 1, 1);
        writer.Add<int>("i32", new[] { int.MinValue, 7 }, 2);
        writer.Add<byte>("u8", new byte[] { 0, 255, 3 }, 3);
        writer.Add<bool>("bool", new[] { true, false }, 2);
        writer.Add<float>("empty", Array.Empty<float>(), 4, 0);
        writer.Add<int>("scalar", new[] { 42 });
        writer.AddMetadata("format", "test");
        writer.AddMetadata("näme", "quo\"te\n");

        var file = SafetensorsFile.Parse(writer.ToBytes());

        Assert.Equal(8, file.Tensors.Length);
        Assert.Equal([1.5f, float.NaN, float.NegativeInfinity, -0f, float.Epsilon, 6], file["f32"].Values<float>(2, -1).ToArray());
        Assert.Equal([(Half)0.5f, Half.MaxValue], file["f16"].Values<Half>(2).ToArray());
        Assert.Equal([long.MinValue], file["i64"].Values<long>(1, 1).ToArray());
        Assert.Equal([int.MinValue, 7], file["i32"].Values<int>(-1).ToArray());
        Assert.Equal([0, 255, 3], file["u8"].Values<byte>(3).ToArray());
        Assert.Equal([true, false], file["bool"].Values<bool>(2).ToArray());
        Assert.Equal([4L, 0], file["empty"].Shape.ToArray());
        Assert.Equal(0, file["empty"].Count);
        Assert.Empty(file["scalar"].Shape);
        Assert.Equal([42], file["scalar"].Values<int>().ToArray());
        Assert.Equal("test", file.Metadata["format"]);
        Assert.Equal("quo\"te\n", file.Metadata["näme"]);
    }

    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        var writer = new SafetensorsWriter();
        writer.Add<int>("a", new[] { 1, -2 }, 2);

        var header = """{"a":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}""";
        header = header.PadRight((header.Length + 7) / 8 * 8);
        byte[] expected = [(byte)header.Length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(header), 1, 0, 0, 0, 254, 255, 255, 255];
        Assert.Equal(expected, writer.ToBytes());
    }

    [Fact]
    public void The_order_of_adding_does_not_change_the_bytes()
    {
        var forward = new SafetensorsWriter();
        forward.Add<float>("a", new[] { 1f }, 1);
        forward.Add<long>("b", new[] { 2L }, 1);
        forward.AddMetadata("x", "1");
        forward.AddMetadata("y", "2");
        var backward = new SafetensorsWriter();
        backward.AddMetadata("y", "2");
        backward.AddMetadata("x", "1");
        backward.Add<long>("b", new[] { 2L }, 1);
        backward.Add<float>("a", new[] { 1f }, 1);

        Assert.Equal(forward.ToBytes(), backward.ToBytes());
    }

    [Fact]
    public void A_file_without_tensors_is_valid()
    {
        Assert.Empty(SafetensorsFile.Parse(new SafetensorsWriter().ToBytes()).Tensors);
    }

    [Theory]
    [InlineData("", 0, "not start with '{'")]
    [InlineData("[]", 0, "not start with '{'")]
    [InlineData("{", 0, "not valid JSON")]
    [InlineData("{} x", 0, "not valid JSON")]
    [InlineData("{\"a\":1}", 0, "not described by an object")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 0, "lacks dtype")]
    [InlineData("{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, "dtype F64")]
    [InlineData("{\"a\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,8]}}", 8, "dtype 7")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":1,\"data_offsets\":[0,1]}}", 1, "shape is not an array")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]}}", 1, "holds -1")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1.5],\"data_offsets\":[0,1]}}", 1, "holds 1.5")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1e99],\"data_offsets\":[0,1]}}", 1, "holds 1e99")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,2]}}", 1, "[begin, end]")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]}}", 1, "begin <= end")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "needs 8 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0, "needs 18446744073709551616 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 3, "truncated")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 5, "1 bytes follow")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 2, "leaves a hole")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", 3, "overlaps")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":1}}", 1, "unknown key 'x'")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "not valid JSON")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},\"\\u0061\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, "not valid JSON")]
    [InlineData("{\"\\ud800\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, "not valid")]
    [InlineData("{\"__metadata__\":{\"a\":1}}", 0, "not a string")]
    [InlineData("{\"__metadata__\":[]}", 0, "not an object")]
    public void A_bad_header_is_refused_with_its_reason(string header, int dataBytes, string reason)
    {
        var refusal = Assert.Throws<SafetensorsException>(() => SafetensorsFile.Parse(Bytes(header, dataBytes)));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_length_beyond_the_file_or_the_limit_is_refused()
    {
        Assert.Contains("header length", Refusal([1, 2, 3]), StringComparison.Ordinal);
        Assert.Contains("truncated", Refusal([9, 0, 0, 0, 0, 0, 0, 0, (byte)'{']), StringComparison.Ordinal);
        Assert.Contains("limit", Refusal([255, 255, 255, 255, 255, 255, 255, 255, (byte)'{']), StringComparison.Ordinal);
    }

    [Fact]
    public void Booleans_other_than_0_and_1_are_refused()
    {
        var file = Bytes("{\"a\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1);
        file[^1] = 2;
        Assert.Contains("BOOL", Refusal(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Reading_a_tensor_as_what_it_is_not_is_refused()
    {
        var writer = new SafetensorsWriter();
        writer.Add<int>("a", new[] { 1, 2 }, 1, 2);
        var file = SafetensorsFile.Parse(writer.ToBytes());

        Assert.Throws<SafetensorsException>(() => file["b"]);
        Assert.Null(file.Find("b"));
        Assert.Throws<SafetensorsException>(() => file["a"].Values<float>().Length);
        Assert.Throws<SafetensorsException>(() => file["a"].Values<int>(2).Length);
        Assert.Throws<SafetensorsException>(() => file["a"].Values<int>(1, 3).Length);
        Assert.Throws<NotSupportedException>(() => file["a"].Values<double>().Length);
    }

    [Fact]
    public void The_writer_refuses_what_could_not_be_read_back()
    {
        var writer = new SafetensorsWriter();
        writer.Add<int>("a", new[] { 1 }, 1);
        writer.AddMetadata("k", "v");

        Assert.Throws<ArgumentException>(() => writer.Add<int>("a", new[] { 1 }, 1));
        Assert.Throws<ArgumentException>(() => writer.Add<int>("b", new[] { 1 }, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Add<int>("b", new[] { 1 }, -1, -1));
        Assert.Throws<ArgumentException>(() => writer.Add<int>("__metadata__", new[] { 1 }, 1));
        Assert.Throws<ArgumentException>(() => writer.AddMetadata("k", "v"));
        Assert.Throws<NotSupportedException>(() => writer.Add<double>("b", new[] { 1.0 }, 1));
    }

    [Fact]
    public void Any_floats_and_names_survive_a_round_trip()
    {
        Prop.ForAll<float[], byte[], NonNull<string>>((floats, bytes, text) =>
        {
            // Lone surrogates are not text that UTF-8 can hold.
            var name = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get));
            var writer = new SafetensorsWriter();
            writer.Add<float>("f" + name, floats, floats.Length);
            writer.Add<byte>("b" + name, bytes, bytes.Length, 1);
            writer.AddMetadata(name, name);
            var file = SafetensorsFile.Parse(writer.ToBytes());
            return file.Metadata[name] == name
                && file["b" + name].Values<byte>(-1, 1).SequenceEqual(bytes)
                && file["f" + name].Values<float>(floats.Length).ToArray().Select(BitConverter.SingleToInt32Bits)
                    .SequenceEqual(floats.Select(BitConverter.SingleToInt32Bits));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Random_bytes_are_refused_and_never_crash()
    {
        Prop.ForAll<byte[]>(bytes => ParsesOrIsRefused(bytes)).QuickCheckThrowOnFailure();
        Prop.ForAll<byte[]>(bytes => ParsesOrIsRefused([(byte)bytes.Length, 0, 0, 0, 0, 0, 0, 0, .. bytes])).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void One_changed_byte_anywhere_is_refused_or_read_but_never_crashes()
    {
        var writer = new SafetensorsWriter();
        writer.Add<float>("weights", new float[6], 2, 3);
        writer.Add<bool>("mask", new bool[3], 3);
        writer.AddMetadata("k", "v");
        var file = writer.ToBytes();
        for (var position = 0; position < file.Length; position++)
        {
            for (var value = 0; value < 256; value++)
            {
                var changed = file.ToArray();
                changed[position] = (byte)value;
                Assert.True(ParsesOrIsRefused(changed));
            }

            Assert.Throws<SafetensorsException>(() => SafetensorsFile.Parse(file.AsMemory(0, position)));
        }
    }

    private static bool ParsesOrIsRefused(byte[] file)
    {
        try
        {
            return SafetensorsFile.Parse(file).Tensors.All(tensor => tensor.Bytes.Length <= file.Length);
        }
        catch (SafetensorsException)
        {
            return true;
        }
    }

    private static string Refusal(byte[] file) => Assert.Throws<SafetensorsException>(() => SafetensorsFile.Parse(file)).Message;

    private static byte[] Bytes(string header, int dataBytes)
    {
        var text = Encoding.UTF8.GetBytes(header);
        var file = new byte[8 + text.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)text.Length);
        text.CopyTo(file, 8);
        return file;
    }
}
