using System.Text;
using MTRec.Serving.Sessions;

namespace MTRec.Serving.Tests.Sessions;

public sealed class SharedTextsTests
{
    [Fact]
    public void A_text_that_comes_again_is_the_same_string()
    {
        var texts = new SharedTexts(16);

        var first = texts.Of("v-1"u8);

        Assert.Equal("v-1", first);
        Assert.Same(first, texts.Of("v-1"u8));
    }

    [Fact]
    public void Texts_of_one_place_and_texts_beyond_ASCII_are_read_right_by_all_threads()
    {
        var texts = new SharedTexts(1);
        string[] all = ["v-1", "v-2", "", "v-", "视频-1", "é"];

        Parallel.For(0, 8, thread =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                var text = all[(i + thread) % all.Length];
                Assert.Equal(text, texts.Of(Encoding.UTF8.GetBytes(text)));
            }
        });
    }
}
