namespace MTRec.Serving.Http;

/// <summary>Sends JSON that was written into a buffer.</summary>
internal static class JsonAnswer
{
    /// <summary>Sends <paramref name="answer"/>.</summary>
    public static async ValueTask WriteAsync(HttpResponse response, int status, PooledBuffer answer)
    {
        response.StatusCode = status;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = answer.Written.Length;
        await response.BodyWriter.WriteAsync(answer.Written, response.HttpContext.RequestAborted);
    }
}
