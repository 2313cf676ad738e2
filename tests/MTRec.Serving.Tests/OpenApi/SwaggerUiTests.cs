using Microsoft.Playwright;

namespace MTRec.Serving.Tests.OpenApi;

public sealed class SwaggerUiTests
{
    private static readonly string[] Quiet =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    [ChromiumFact]
    public async Task Try_it_out_ranks_the_example()
    {
        await using var app = await RankApp.StartAsync();
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions { ExecutablePath = ChromiumFactAttribute.Path, Headless = true, Args = Quiet });
        var page = await browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 1600 } });
        var faults = new List<string>();
        page.PageError += (_, fault) => faults.Add(fault);

        await page.GotoAsync(new Uri(app.Client.BaseAddress!, "/swagger").ToString());
        var rank = page.Locator("#operations-Ranking-rank");
        await rank.Locator(".opblock-summary-control").ClickAsync();
        await rank.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Try it out" }).ClickAsync();
        await rank.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = "Execute" }).ClickAsync();
        var status = rank.Locator(".live-responses-table .response-col_status").Nth(1);
        await status.WaitForAsync();
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(AppContext.BaseDirectory, "screenshots", "swagger.png"), FullPage = true });

        Assert.StartsWith("200", (await status.InnerTextAsync()).Trim(), StringComparison.Ordinal);
        var answer = await rank.Locator(".live-responses-table .highlight-code").First.InnerTextAsync();
        Assert.Contains("\"mentalReward\"", answer, StringComparison.Ordinal);
        Assert.Contains("\"explanation\"", answer, StringComparison.Ordinal);
        Assert.Empty(faults);
    }
}
