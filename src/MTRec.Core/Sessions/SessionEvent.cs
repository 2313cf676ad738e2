using System.Text;

namespace MTRec.Core.Sessions;

/// <summary>One impression and the user's response to it.</summary>
/// <param name="ItemId">The item shown.</param>
/// <param name="TimestampMs">When it was shown, in milliseconds since the Unix epoch.</param>
/// <param name="Actions">What the user did.</param>
/// <param name="WatchSeconds">How long the user watched, in seconds, 0 or more.</param>
public readonly record struct SessionEvent(string ItemId, long TimestampMs, UserActions Actions, float WatchSeconds)
{
    /// <summary>
    /// Bytes that it takes in a stored session (session.proto): tag and length, 9 for the moment, up to 3 for the actions and 5 for
    /// the watch time unless there are none, 2 or 3 before the id in UTF-8.
    /// </summary>
    public int StoredBytes
    {
        get
        {
            var id = Encoding.UTF8.GetByteCount(ItemId);
            var content = 9 + (Actions == 0 ? 0 : 1 + VarintBytes((int)Actions)) + (WatchSeconds == 0 ? 0 : 5) + 1 + VarintBytes(id) + id;
            return 1 + VarintBytes(content) + content;
        }
    }

    private static int VarintBytes(int value) => value < 1 << 7 ? 1 : 2;
}
