#pragma once
#include "CoreMinimal.h"

class IWebSocket
{
public:
    virtual ~IWebSocket() = default;
    virtual void Connect() = 0;
    virtual void Close(int32 code = 1000, const FString& reason = FString()) = 0;
    virtual bool IsConnected() = 0;
    virtual void Send(const FString& text) = 0;
    virtual void Send(const void* data, SIZE_T size, bool binary = false) = 0;
    virtual TMulticastDelegate<const FString&>& OnConnectionError() = 0;
    virtual TMulticastDelegate<int32, const FString&, bool>& OnClosed() = 0;
    virtual TMulticastDelegate<const void*, SIZE_T, SIZE_T>& OnRawMessage() = 0;
};
