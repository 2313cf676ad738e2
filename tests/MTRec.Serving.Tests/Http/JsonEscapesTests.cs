using System.Text;
using MTRec.Serving.Http;

namespace MTRec.Serving.Tests.Http;

public sealed class JsonEscapesTests
{
    [Theory]
    [InlineData("plain", false)]
    [InlineData("\\ud83d\\ude00", false)]
    [InlineData("\\n\\ud83d\\ude00\\t\\u0041", false)]
    [InlineData("\\\\ud800", false)]
    [InlineData("\\\\\\ud800", true)]
    [InlineData("\\ud800", true)]
    [InlineData("\\uDFFF", true)]
    [InlineData("\\ud83dx\\ude00", true)]
    [InlineData("\\ud83d\\n", true)]
    [InlineData("\\ud83d\\ud83d\\ude00", true)]
    [InlineData("\\ude00\\ud83d", true)]
    [InlineData("\\u12", false)]
    [InlineData("\\", false)]
    public void Lone_surrogates_are_found(string text, bool lone) =>
        Assert.Equal(lone, JsonEscapes.HasLoneSurrogate(Encoding.UTF8.GetBytes(text)));
}
