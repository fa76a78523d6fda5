#pragma once
#include "Modules/ModuleManager.h"

class IWebSocket;

class FWebSocketsModule : public IModuleInterface
{
public:
    TSharedRef<IWebSocket> CreateWebSocket(const FString& url, const FString& protocol = FString());
};
