namespace MTRec.Serving.Tests.Bundles;

/// <summary>Waits for what another thread is to bring about.</summary>
internal static class Eventually
{
    /// <summary>Asks until the condition holds; fails after a minute.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, Func<Task<string>> otherwise)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(1); DateTime.UtcNow < deadline; await Task.Delay(20))
        {
            if (await condition())
                return;
        }

        Assert.Fail(await otherwise());
    }
}
