using System.Text;
using MTRec.Core.Events;

namespace MTRec.Trainer.Worker.State;

/// <summary>Spreads users over parts, the same way in every process.</summary>
internal static class UserPart
{
    /// <summary>The part of a user, from 0.</summary>
    public static int Of(string userId, int parts) => (int)(Crc32C.Of(Encoding.UTF8.GetBytes(userId)) % (uint)parts);
}
